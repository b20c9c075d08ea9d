"""What stands in names besides names: salutations, titles, degrees, particles, nobility, professions.

The given names serve only to decide whether a reading is sure: "Anna Huber" is, "Huber Anna" is not.
"""

import re

from apps.core.enums import Salutation

SALUTATIONS = {"frau": Salutation.MS, "fr.": Salutation.MS, "fr": Salutation.MS} | dict.fromkeys(
    ("herr", "herrn", "hr.", "hr"), Salutation.MR
)
TITLE = re.compile(
    r"(?:univ\.?-?|jun\.?-?|apl\.?)?prof\.?|apl\.|außerplanm\.|professor(?:in)?|priv\.?-?doz\.?|pd"
    r"|privatdozent(?:in)?|(?:mu|d|ph|psy)?dr\.(?:in)?|dr|dr\.?-?ing\.?|dres\.?|doktor(?:in)?|drs\."
    r"|dr\.(?:med|phil)\.?|dipl(?:\.|-)(?:-?[a-zäöü]+\.?)*(?:\((?:fh|univ\.?|uni)\))?"
    r"|diplom-?(?:psycholog|pädagog|sozialpädagog|sozialarbeiter)(?:e|in)?"
    r"|[mb]\.\s?(?:sc|a|ed)\.?(?:-?psych\.?)?|msc|bsc|mag\.(?:a|ª)?|magister|lic\.|mba|ll\.m\.|ph\.?d\.?|psy\.?d\.?"
    r"|h\.c\.?|soz\.|\((?:fh|univ|uni)\b\.?[^()]*\)"
    r"|(?:med|medic|phil|rer|nat|soc|paed|päd|psych|disc|pol|oec|theol|iur|dent|hum|biol|sc|habil|univ|des|mult)\.",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"med|medic|phil|rer|nat|soc|paed|päd|psych|hum|biol|habil|Klinische|Psychologie|Psych"
    r"|(?i:soz\.?-?(?:päd|paed|arb)\.?)"
)
"""Words that belong to a title only behind one: "Dr. med Anna"; "Phil" by itself is a first name."""

APART = re.compile(r"\b(h|[MB]|Ph)\.\s+(c\.|Sc\b\.?|D\.)")  # "h. c.", "M. Sc.", "Ph. D."
GLUED = re.compile(
    r"(?<![\w-])((?:Prof|Dr|med|phil|rer|nat|biol|hum|sc)\.)(?=[\w(])(?!in\b|c\.)"
    r"|((?:Dipl\.?[- ]?Psych|M\.Sc|M\.A)\.)(?=[A-ZÄÖÜ])"
)
"""A title without a blank behind it: "Dr.med.Anna", "Dipl.-Psych.Jonas"."""

PARTICLES = frozenset(
    re.findall(
        r"\w+",
        "von vom van der den dem de del della di da dos du la le zu zum zur ten ter el al bin ibn auf op",
    )
) | {"v.", "v.d.", "v.d", "d."}
UNSURE_PARTICLES = frozenset({"La", "Le", "Al", "Da", "Do", "Du", "Den", "Bin", "Op"})
"""Capitalised they may as well be given names of other languages: "Thi Le Nguyen"."""
PLACE_PARTICLES = frozenset({"in", "an", "aus", "auf"})
ARTICLES = frozenset({"der", "dem", "den", "die"})
NOBILITY = frozenset(
    re.findall(
        r"\w+",
        "freiherr freifrau freiin frhr graf gräfin baron baronin baronesse edler edle ritter fürst fürstin"
        " prinz prinzessin herzog herzogin landgraf",
    )
)
SUFFIXES = frozenset({"jun.", "jun", "jr.", "jr", "sen.", "sen", "sr.", "ii", "ii.", "iii"})
BIRTH_NAME = re.compile(
    r"[\s,]*[(\[]?\s*\b(?:geb\.|geborene[rn]?|née|vormals|vorm\.|ehem\.|ehemals|früher|gesch\.|verw\.)\s*"
    r"((?:(?:von|vom|van|der|den|de|zu|zur|della|di|da)\s+)*[^\s,;()\[\]]+)\s*[)\]]?",
    re.IGNORECASE,
)
PROFESSION = re.compile(
    r"(?<![\w-])(?:(?:(?:approbiert|psychologisch|ärztlich|analytisch)e[rn]?|psych\.|psychol\.)\s+)*"
    r"(?:kinder-?\s*(?:und|u\.|&)\s*jugendlichen-?\s*)?"
    r"(?:(?:psychotherapeut|psychoanalytiker|psychiater|heilpraktiker|facharzt|arzt)(?:[:*_/]?-?in)?"
    r"|(?:fach)?ärztin|psycholog(?:e|in))\b(?:\s+(?:für|f\.)\s+[^,;]*|\s*\(psychotherapie\))?",
    re.IGNORECASE,
)
WORK = re.compile(
    r"therapie\b|psychiatrie\b|psychosomatik\b|\bF[AÄ]\b|\b(?:bei|[Nn]icht|verstorben|[Ee]heleute)\b"
)
"""Work and remarks: with them the text is more than a name."""
NO_LICENCE = re.compile(r"heilpraktiker", re.IGNORECASE)
PRACTICE = re.compile(
    r"praxis\b|praxen\b|praxisgemein|\bmvz\b|versorgungszentr|zentrum\b|institut\b|ambulanz\b|klinik(?:um)?\b"
    r"|\bg?gmbh\b|\bgbr\b|\bbag\b|\bpartg|psychotherapie\b|therapiehaus|gemeinschaft|krankenhaus|verein\b|verband\b"
    r"|\be\.\s?v\.|beratungsstelle|stiftung\b|\buniversität\b|team\b|\bfamilie\b|ärzte\b|ärztehaus"
    r"|psychologen\b|therapeuten\b|therapeutinnen\b|sekretariat|vertretung|anmeldung|ordination|empfang\b",
    re.IGNORECASE,
)
SEVERAL = re.compile(
    r"\bdres\b|\s(?:und|u\.|oder|[+/|])\s|[;&]|\w/\s?\w|\bund$|\bkolleg|\bpartner\b", re.IGNORECASE
)
OF_AND_AT = re.compile(r"\b(von|vom)\s+(?:und|u\.)\s+(zu|zum|zur)\b", re.IGNORECASE)

_FAMILY_FIRST = "nguyen tran pham hoang huynh vu vo dang wang zhang liu chen yang huang zhao"
FAMILY_FIRST = frozenset(_FAMILY_FIRST.split())
"""Family names of languages that put them first: their order in a German list is anybody's guess."""

_OPEN_COMPOUND = "hans karl carl klaus heinz franz ernst georg johann wolf jan gerd"
OPEN_COMPOUND = frozenset(_OPEN_COMPOUND.split())
"""First names that form pairs without a hyphen: "Hans Peter", "Karl Heinz"."""

_GIVEN = """
    achim ada adam adele adelheid adem adrian adriana agata agnes agnieszka ahmed ahmet aisha
    albertina albin aldo aleksandra alena alessandra alessandro alex alexa alexander alexandra
    alexandros alexej alfons ali alice alina alisa alma aloisia aloys alwin amalia amanda amelie
    amina amir ana anastasia anatol andre andrea andreas andrej andrzej andré anette angela angelika
    angelo anita anja anke anna anne annegret anneke annelie anneliese annelore annemarie annette
    annika anouk ansgar antje antoine antoinette anton antonia antonio antonius apollonia ariane
    armin arne arno arthur artur arvid arzu asli astrid aurel axel ayla aylin ayse ayşe bahar baldur
    balthasar baptist barbara barbora bartholomäus bastian beata beate beatrix belinda benedikt
    benjamin benno bent berit bernadette bernd bernhard berta bertha berthold bertold betina bettina
    betty bianca birgit birgitta birgül birte björn bodo bogdan boris brigitte britta brunhilde
    burcu burghard burkhard burkhart bärbel camilla canan candan carina carla carlo carlos carmen
    carola carolin caroline carsten catherine cathrin catrin cecilia cem cemal charlotte chiara
    christa christel christian christiane christin christina christine christl christof christoph
    christopher cilli claas claire clara claudia claudius claus clemens conrad constantin constanze
    cord cordula corinna cornelia cornelius cosmas cyrill cäcilia dag dagmar damian dana daniel
    daniela danuta daria dario david deborah delia denis denise deniz dennis desiree detlef detlev
    diana diane diego dieter diethelm dietmar dilek dimitri dimitrios dina dirk dita domenico
    dominik dominique donata doris dorothea dorothee dragan dunja dusan dörte eberhard eberhart ebru
    eckhard edda edelgard edeltraud edgar edith edmund eduard edwin egbert egon ehrenfried eike
    eileen ekaterina ekkehard elen elena eleni eleonore elfi elfriede eliane elias elif elin elisa
    elisabeth elise elizabeth elke ella ellen elmar elsa elsbeth elvira elwira emanuel emil emilia
    emily emine emma emre engelbert enno enrica enrico enrique ercan erdmute erhard erich erik erika
    erna ernesto erwin esma esra esteban estelle esther etienne eugen eugenia eva evamaria evelin
    evelyn evi ewa ewald fabian fabienne fadi falk falko farid fatima fatma felicitas felipe felix
    ferdi fernando filip filiz fiona flora florentine florian florin francesco francis francois
    frank franziska frauke frederic frederik fredrik frida frieda friedbert friedemann frieder
    friederike friederun friedhelm fritjof gabor gabriel gabriela gabriele gaby gebhard georgios
    gerald gerda gereon gerhard gerlinde gerrit gert gertraud gertrud gesa gesche gesine gilbert
    gina giovanni gisela gitta giulia giuseppe godehard goran gottfried gotthard gottlieb grazyna
    gregor greta gretel griet grzegorz gudrun guenter guenther guido gunda gundolf gundula gunhild
    gunnar gunter gunther gustav gülay gülsen günter günther hagen hakan hamid hana hanna hannah
    hanne hannelore hannes hanno hanns hansjörg harry hartmut hartwig hasan hassan hatice hauke
    hedda hedwig heide heidemarie heidi heidrun heike heiko heiner heino helen helena helene helga
    helge hellmut helma helmar helmut helmuth hendrik henning henriette henrik henrike heribert
    herma hermine herta hertha hilde hildegard hilmar hinrich holger horst hosein hossein hubert
    hugo husein hüseyin ibrahim ida ignaz igor ilja ilka ilona ilonka ilse imke immanuel ina ines
    inga inge ingeborg ingeburg ingelore ingo ingrid inka insa irene irina iris irmgard irmtraud
    isabel isabella isabelle isolde iva ivan ivana ivo ivonne iwan iwona jaap jacek jacob jacoba
    jacqueline jacques jadwiga jakob jamal james jana janet janina janine janka janne jannik jannis
    janosch jaqueline jaroslaw jasmin javier jean jeanette jelena jennifer jenny jens jerzy jesko
    jessica jessika jiri joachim joana joanna joao jochen joe joerg johanna johannes john jolanta
    jon jonas jonathan joost jordan jorg jorge jose josef josefine joseph josephine jost josé jovana
    juan juana judith juergen jules julia julian juliana juliane julija julius justus justyna jutta
    jytte jörg jörn jürgen kai karim karin karina karla karlheinz karol karoline karsten kasimir
    kaspar katarina katarzyna katharina katharine kathi kathinka kathleen kathrin kati katinka katja
    katrin katy kay kemal ken kerrin kerstin kevin kilian kim kira kirsten klara klemens knud knut
    konrad korbinian kordula kornelia kostas krista kristian kristin kristina krystyna krzysztof
    kurt käte käthe lara larisa larissa lars lasse laszlo laura laurens laurent laurenz lea leander
    leila lejla lena lennart lenz leo leon leonard leonhard leonie leonore leopold levent levin lew
    leyla liane lidia liesel lieselotte lilia lilian liliana lilli lilly lina linda lino linus lisa
    liselotte liv ljudmila lore lorenzo loretta lothar lotte louis louisa luca lucas lucia lucian
    lucie ludger ludmila luis luisa luise luka lukas lukasz lutz luzia lydia lyudmila madeleine
    magda magdalena magdalene magnus mahmoud mahmut maik maike maja malgorzata malin malte mandy
    manfred manfried manolis manuel manuela mara marc marcel marco marcus mareike mareile marek
    maren margaret margarete margaretha margarethe margarita margit margitta margot margret maria
    marian mariana marianne marie mariele mariella marietta marija marijke marika marina marinus
    mario marion marita marius mark marko markus marlene marlies marlis marta marten martha martina
    marvin maryam marzena mascha massimo mateusz mathias mathilda mathilde matteo matthias matthis
    mattias maurice maurizio mauro max maxi maximilian mechthild mehdi mehmet meike melanie melek
    melina melissa meltem merle mert merve metin mia micha michael michaela michal michel michele
    michelle miguel mihai milan milena minna mira mirco miriam mirjam mirko miroslav mohamed
    mohammad mohammed mona monika moritz murat muriel mustafa nabil nadeschda nadia nadim nadine
    nadira nadja naomi nasrin nasser natalia natalie nataliya natalja natascha nedim neele neil nele
    nelly nermin nesrin nick niclas nico nicola nicolai nicolas nicole niels nike nikita niklas niko
    nikola nikolai nikolaus nikos nilgün nils nilüfer nina noah noemi nora norbert nuray nurcan oda
    odette oguz okan oksana olaf ole olena olga oliver olivia olja omar orhan ortrud ortwin osman
    oswald otmar ottilie ottmar pamela paolo parvin pascal patricia patrick patrik paula pauline
    pavel pawel paweł pedro peer peggy pelin penelope per petja petra philine philip philipp
    philippa pia pierre piet pieter pietro piotr polina quirin rabea radek rafael ragna rahel
    raimund rainer raisa ralf ralph ramin ramon ramona raoul raphael raphaela raul rebecca rebekka
    regina regine reiko reimar reimund reiner reinhard reinhild reinhilde reinhold renata renate
    rené resi reza ricarda ricardo rico rike rita robert roberta robin rocco roderich roger roland
    rolf roman romana romano romina romy ronald ronja rosa rosalie rosemarie rosi roswitha roxana
    roya ruben rudi runa rupert rupprecht ruth rüdiger sabina sabine sabrina said salome salvatore
    sami samir samira samuel sander sandra sandrine sandro saniye sanja sanna sara sarah sascha
    saskia schirin sead sean sebastian sebastiano selim selin selma semra sepp serap serdar sergej
    sergio severin sevgi sevim shirin sibel sibille sibylle siegbert siegfried sieglinde siegmar
    siegmund sigismund siglinde sigmund signe sigrid sigrun silja silke silvia silvio simin simone
    sina sinje siri sladjana slobodan soeren sofia sofie solveig sonia sonja sophia sophie soraya
    stanislaw stefan stefania stefanie stefano steffanie steffen steffi stella stephan stephanie
    steven sultan suna susan susann susanna susanne susi suzanne svea sven svenja svetlana swantje
    swen swetlana sylvia sönke sören tabea tamara tania tanja tarek tatiana tatjana teresa thaddäus
    thea thekla theo theodor theodora theresa theresia thi thierry thies thilo thomasina thoralf
    thorben thore thorsten tiago tilda till tilman tim timo tina tino titus tobi tobias tom tomas
    tomasz tomislav toni toralf torben torsten traute tristan trude udo ulf uli ulla ulrich ulrika
    ulrike undine urban ursula urszula uschi uta ute uwe vadim valentina valeria valerie valerij
    vanessa vasil vasilios veit veli vera verena veronika vesna victor victoria viktor viktoria
    vincenzo vinzenz viola vitali vito viviane vladimir volker volkhard volkmar walburga waldemar
    wally waltraud waltraut wanda wassili welf wendelin wenzel weronika wibke wiebke wieland wigbert
    wilbert wilfrid wilfried wilhelm willi willibald willy wilma wiltrud winfried witold wladimir
    wojciech wolfgang wulf wulff xaver xenia yana yannick yannik yannis yara yasar yasemin yasin
    yasmin yelena yildiz ylva yuliya yusuf yvonne zahra zbigniew zeynep zoe zoltan zuzanna özlem
    łukasz
"""
GIVEN = frozenset(_GIVEN.split())
_GIVEN_OR_FAMILY = """
    albert albrecht alfred arnold august bertram bruno carl dietrich ernst ferdinand franz friedrich
    fritz georg gerd hans harald heinrich heinz herbert hermann jakob jan johann karl klaus lorenz
    ludwig martin max oskar otto paul peter richard rudolf simon stefan thomas valentin viktor
    vincent walter werner wolf
"""
GIVEN_OR_FAMILY = frozenset(_GIVEN_OR_FAMILY.split())
"""Given names that are common family names as well: behind another given name they decide nothing."""

NEVER_FAMILY = frozenset({"elisabeth", "edith", "hannah", "judith", "ruth", "sarah"})
"""With the given names in -a and -e: those that are hardly ever family names."""
