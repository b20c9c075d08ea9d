"""The words answers are read by, German and English. Order and meaning of the lists: `answers`."""

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


NEGATED = _any(
    r"\b(kein\w*|nicht|nein|nie|niemand\w*|weder|leider|ohne|absage\w*|bedaure|bedauerlicherweise)\b",
    r"\b(no|not|none|unable|unfortunately|neither|sorry|regret)\b|n['’]t\b",
)
# said of something that may happen, has happened, or of somebody else
UNCERTAIN = _any(
    r"\b(wenn|falls|sobald|sofern|ob|könnte\w*|würde\w*|hätte\w*|wäre\w*|hatte\w*|vielleicht|evtl|eventuell)\b",
    r"\b(möglicherweise|womöglich|vermutlich|voraussichtlich|vorbehaltlich)\b",
    r"\b(kolleg\w+|außer|soll(te)?n?|erst nach)\b",
    r"\b(if|once|as soon as|whether|might|perhaps|maybe|possibly|would|colleague\w*|unless)\b",
)
YES = _any(
    r"^\W*(ja|yes)\b(?=\W*$|,? (gern|sehr|das passt|ich|kann|das geht|bitte|i\b|of course|gladly))",
    r"\bplatz (ist |wäre )?(noch |derzeit |gerade |aktuell )?frei\b|\bfreie[nr]?\b[^.]{0,40}\bplatz\b",
    r"\b(therapie)?platz\b[^.]{0,40}\b(anbieten|vergeben|geben|frei)\b|\b(habe|hätten?)\b[^.]{0,25}\b(therapie)?platz\b",
    r"\b(kann|können|könnte|möchte|würde)\b[^.]{0,60}\b(übernehmen|aufnehmen|in therapie nehmen|behandeln)\b",
    r"\b(übernehme|nehme)\b[^.]{0,40}\b(gern|gerne|auf|an|person|patient\w*)\b|\b(sage|ich sag) zu\b",
    r"\bzusage\b",
    r"\bgern(e)? (übernehmen|aufnehmen)\b|^\W*(sehr )?gerne?\W*$|\bpasst (gut|sehr gut|prima|mir)\b",
    r"(?:[:–-]|^)\s*(ja|yes)\b\W*(gern\w*|sehr gern\w*)?\W*$|\b(ja|yes)\b,? (zu|to|for)\b|\bja\b\W*$",
    r"\b(have|got)\b[^.]{0,30}\b(place|slot|spot|opening|vacancy|availability)\b",
    r"\b(can|happy to|glad to|will) (take|accept|offer)\b",
)
OFFERS_A_PLACE = _any(
    r"\bplatz\b|\bplätze\b|\bkapazität\w*\b|\b(place|slot|spot|opening|vacancy|vacancies|availability)\b"
)
NO_CAPACITY = _any(
    r"\bkeine?[nr]?\b[^.]{0,50}\b(therapie)?(platz|plätze|kapazität\w*|patient\w*|termine?|behandlungsplätze|ressourcen)\b",
    r"\b(voll belegt|ausgebucht|ausgelastet|komplett belegt|restlos belegt|überfüllt|überlastet)\b",
    r"\baufnahmestopp\b",
    r"\b(kann|können|ist|sehe)\b[^.]{0,80}\b(nicht|niemanden?|keine[nrm]?)\b[^.]{0,50}"
    r"\b(übernehmen|aufnehmen|anbieten|annehmen|möglich|möglichkeit|zusagen|nehmen|behandeln)\b",
    r"\b(nehme|nehmen)\b[^.]{0,40}\b(keine|niemanden|nicht)\b|\bniemanden\b[^.]{0,30}\b(auf|mehr)",
    r"\bwarteliste\b[^.]{0,25}\b(voll|geschlossen|zu)\b|\bführe keine warteliste\b|\bkeine warteliste\b",
    r"\bmuss\b[^.]{0,40}\babsagen\b|\babsage\b|\bleider nein\b|\bnein\b\W*(leider|danke)?\W*$",
    r"^\W*(nein|no)\b[,.!]?",
    r"\b(nein|no)\b,? (leider |to |for |zu )|\bleider nicht\W*$|\bnicht möglich\b",
    r"\b(nichts|kein\w*) frei\w*\b",
    r"\b(fully booked|no (capacity|availability|free|places?|slots?|vacanc\w+|openings?))\b",
    r"\b(cannot|can['’]?t|unable to|not able to|not)\b[^.]{0,40}\b(take|taking|accept\w*|offer)\b",
)
DOES_NOT_SUIT = _any(
    r"\bpass(t|en|end)?\b[^.]{0,40}\bnicht\b|\bnicht\b[^.]{0,20}\bpassend\b|\b(nicht|un)geeignet\b",
    r"\bnicht\b[^.]{0,25}\b(mein|in mein|spezialisiert|schwerpunkt|fachgebiet|indiziert|zuständig)\b",
    r"\b(behandle|behandeln|arbeite|therapiere)\b[^.]{0,40}\b(nur|ausschließlich|keine|nicht mit|nicht)\b",
    r"\baußerhalb mein\w+\b|\bkeine zulassung\b|\bkeine (abrechnungs)?genehmigung\b|\bnur privat\w*\b",
    r"\bnot (a good |the right )?(suitable|fit|match)\b|\boutside my\b|\bdo not (treat|work with)\b",
    r"\bonly (treat|see)\b",
)
GONE = _any(
    r"\bpraxis\b[^.]{0,40}\b(aufgegeben|geschlossen|abgegeben|verkauft|übergeben)\b|\bim? ruhestand\b",
    r"\bin rente\b",
    r"\bnicht mehr\b[^.]{0,30}\b(tätig|praktizier\w+|berufstätig)\b",
    r"\b(elternzeit|mutterschutz|pensioniert|verstorben)\b",
    r"\b(retired|closed my practice|no longer practi[sc]ing|maternity leave)\b",
)
WAITING_LIST = _any(
    r"\bwarte(liste|zeit\w*|zeiten)\b|\bvormerken\b|\bvorgemerkt\b|\bwaiting (list|time)\b|\bwaitlist\w*\b"
)
NO_WAITING_LIST = _any(
    r"\bkeine warteliste\b|\bwarteliste\b[^.]{0,25}\b(voll|geschlossen|zu)\b|\bno waiting list\b",
    r"\bwaiting list\b[^.]{0,20}\b(closed|full)\b",
)
LATER = _any(
    r"\b(erst|frühestens|wieder|ab|voraussichtlich|nicht vor)\b",
    r"\b(earliest|again|from|not before|until|next)\b",
    r"\bin (ca\.? |etwa |ungefähr |about |around )?"
    r"(\d|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf)",
)
OBJECTION = _any(
    r"\bkeine (weiteren|weitere) (anfragen?|mails?|e-mails?|nachrichten|anschreiben|post|kontakt\w*)\b",
    r"\bkeine (anfragen|mails|e-mails|nachrichten)( dieser art)? mehr\b|\bwiderspreche\b|\bwiderspruch\b",
    r"\bvon weiteren \w+[^.]{0,20}\babzusehen\b|\bsehen sie[^.]{0,30}\bvon weiteren\b[^.]{0,30}\bab\b",
    r"\bnicht (mehr|weiter|wieder)[^.]{0,20}"
    r"\b(anschreiben|kontaktieren|anrufen|schreiben|melden|an mich wenden)\b",
    r"\b(aus|von)\b[^.]{0,20}\bverteiler\b",
    r"\b(streichen|löschen|nehmen|entfernen) sie (mich|uns|meine|unsere)\b",
    r"\bwünsche[n]? keine\b[^.]{0,30}\b(kontakt\w*|anfragen|zusendung\w*)\b|\bunterlassen sie\b",
    r"\b(unsubscribe|do not contact|don['’]t contact|stop (writing|contacting|sending)|remove me)\b",
    r"\bno (more|further) (requests|e?-?mails|inquiries)\b",
)
FOR_A_TIME = _any(
    r"\b(bis|derzeit|momentan|zurzeit|zur zeit|vorerst|in den nächsten|until|for now|at the moment|vor)\b"
)
CALL_ME = _any(
    r"\b(rufen sie|rückruf|zurückrufen|anrufen|ruf(t|en)? (mich|bitte))\b",
    r"\btelefonisch (melden|erreichbar|besprechen)\b",
    r"\b(bitte um (einen )?anruf|call me|call back|give me a call|ring me|phone me)\b",
)
# which of several is not said by its code: nobody can know
SOME_OF_THEM = _any(
    r"\b(eine[nr]?|nur eine[nr]?) (der|von|davon)\b|\b(erste|zweite|dritte|letzte|andere)[nrsm]?\b",
    r"\b(die dame|den herrn|der herr|die frau|der mann|den mann|die jüngere|der jüngere|nur (die|den|das))\b",
    r"\b(one of (them|the)|the (first|second|other|woman|man))\b",
)
GREETING = _any(
    r"^\W*(mit )?(freundlich\w+|beste[nr]?|viele|herzliche|liebe|schöne) (grüße?n?|gruß)",
    r"^\W*(kind|best) (regards|wishes)",
    r"^\W*(mfg|vg|lg|hg)\b",
)
OPENING = _any(
    r"^\W*(sehr geehrte\w*|guten (tag|morgen|abend)|hallo|liebe[rs]?|hello|hi|dear)\b[^.!?]{0,80}?,"
)
UNTIL = _any(r"\bbis\b( einschließlich| zum| inkl\.?| einschl\.?)?", r"\b(until|till|through|to)\b")
BACK_ON = _any(
    r"\bab( dem)?\b|\b(wieder|zurück)\b( ab| am)?( dem)?",
    r"\b(back( in the office)?|return(ing)?)( on| by)?\b",
)
