"""The list of symptoms staff start with, and the larger insurers (facts of public lists, 2025)."""

from django.db import migrations

SYMPTOMS = [
    ("depressed-mood", "gedrückte Stimmung", "low mood"),
    ("loss-of-interest", "Interessen- und Freudverlust", "loss of interest"),
    ("exhaustion", "Erschöpfung", "exhaustion"),
    ("sleep-problems", "Schlafstörungen", "sleep problems"),
    ("rumination", "Grübeln", "rumination"),
    ("concentration-problems", "Konzentrationsprobleme", "problems with concentration"),
    ("low-self-esteem", "geringes Selbstwertgefühl", "low self-esteem"),
    ("guilt", "Schuldgefühle", "feelings of guilt"),
    ("hopelessness", "Hoffnungslosigkeit", "hopelessness"),
    ("irritability", "Reizbarkeit", "irritability"),
    ("mood-swings", "Stimmungsschwankungen", "mood swings"),
    ("emptiness", "innere Leere", "inner emptiness"),
    ("panic-attacks", "Panikattacken", "panic attacks"),
    ("anxiety", "anhaltende Angst und Sorgen", "persistent anxiety and worry"),
    ("avoidance", "Vermeidungsverhalten", "avoidance"),
    ("social-anxiety", "soziale Ängste", "social anxiety"),
    ("exam-anxiety", "Prüfungsangst", "exam anxiety"),
    ("health-anxiety", "Krankheitsängste", "health anxiety"),
    ("specific-phobia", "Angst vor bestimmten Dingen oder Situationen", "specific fears"),
    ("obsessions", "Zwangsgedanken", "obsessive thoughts"),
    ("compulsions", "Zwangshandlungen", "compulsions"),
    ("flashbacks", "belastende Erinnerungen", "intrusive memories"),
    ("hypervigilance", "Übererregung und Schreckhaftigkeit", "hyperarousal"),
    ("grief", "anhaltende Trauer", "prolonged grief"),
    ("eating-problems", "gestörtes Essverhalten", "disordered eating"),
    ("body-image", "Unzufriedenheit mit dem Körper", "body dissatisfaction"),
    ("pain", "chronische Schmerzen", "chronic pain"),
    ("physical-complaints", "körperliche Beschwerden ohne klaren Befund", "physical complaints without clear findings"),
    ("relationship-problems", "Beziehungs- und Partnerschaftsprobleme", "relationship problems"),
    ("work-stress", "Überlastung am Arbeitsplatz", "stress at work"),
    ("self-harm", "selbstverletzendes Verhalten", "self-harm"),
    ("attention-problems", "Aufmerksamkeitsprobleme", "attention problems"),
    ("substance-use", "problematischer Konsum", "problematic substance use"),
    ("school-problems", "Schulprobleme", "problems at school"),
]

INSURERS = [
    ("Allianz Private Krankenversicherung", "pkv"),
    ("AOK Bayern", "gkv"),
    ("AOK PLUS", "gkv"),
    ("AOK Rheinland/Hamburg", "gkv"),
    ("BARMER", "gkv"),
    ("DAK-Gesundheit", "gkv"),
    ("Debeka", "pkv"),
    ("DKV Deutsche Krankenversicherung", "pkv"),
    ("hkk Krankenkasse", "gkv"),
    ("HUK-COBURG-Krankenversicherung", "pkv"),
    ("IKK classic", "gkv"),
    ("KKH Kaufmännische Krankenkasse", "gkv"),
    ("KNAPPSCHAFT", "gkv"),
    ("Landesbeihilfestelle", "beihilfe"),
    ("SBK Siemens-Betriebskrankenkasse", "gkv"),
    ("Techniker Krankenkasse", "gkv"),
]


def load(apps, schema_editor):
    Symptom = apps.get_model("patients", "Symptom")
    Insurer = apps.get_model("patients", "Insurer")
    Symptom.objects.bulk_create(
        Symptom(code=code, name_de=german, name_en=english) for code, german, english in SYMPTOMS
    )
    Insurer.objects.bulk_create(Insurer(name=name, kind=kind) for name, kind in INSURERS)


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
