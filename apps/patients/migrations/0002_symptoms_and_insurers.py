"""The list of symptoms staff start with, and the larger insurers (facts of public lists, 2025)."""

from django.db import migrations

SYMPTOMS = [
    ("depressed_mood", "Niedergeschlagenheit", "Low mood"),
    ("loss_of_interest", "Interessenverlust", "Loss of interest"),
    ("exhaustion", "Erschöpfung", "Exhaustion"),
    ("burnout", "Burn-out-Erleben", "Burn-out"),
    ("sleep_problems", "Schlafstörungen", "Sleep problems"),
    ("concentration_problems", "Konzentrationsprobleme", "Problems concentrating"),
    ("rumination", "Grübeln", "Rumination"),
    ("low_self_esteem", "Selbstwertprobleme", "Low self-esteem"),
    ("anxiety", "Ängste", "Anxiety"),
    ("panic_attacks", "Panikattacken", "Panic attacks"),
    ("social_anxiety", "Soziale Ängste", "Social anxiety"),
    ("phobia", "Bestimmte Phobie", "Specific phobia"),
    ("health_anxiety", "Krankheitsängste", "Health anxiety"),
    ("obsessive_thoughts", "Zwangsgedanken", "Obsessive thoughts"),
    ("compulsions", "Zwangshandlungen", "Compulsions"),
    ("trauma", "Belastende Erlebnisse", "Traumatic experiences"),
    ("flashbacks", "Wiedererleben", "Flashbacks"),
    ("grief", "Trauer und Verlust", "Grief and loss"),
    ("relationship_problems", "Beziehungsprobleme", "Relationship problems"),
    ("family_conflict", "Familiäre Konflikte", "Family conflict"),
    ("work_stress", "Probleme am Arbeitsplatz", "Stress at work"),
    ("exam_anxiety", "Prüfungsangst", "Exam anxiety"),
    ("adjustment", "Anpassung an Lebensveränderung", "Adjusting to change"),
    ("chronic_pain", "Chronische Schmerzen", "Chronic pain"),
    ("somatic_complaints", "Körperliche Beschwerden ohne Befund", "Bodily complaints without finding"),
    ("eating_problems", "Probleme mit dem Essen", "Eating problems"),
    ("emotional_instability", "Starke Gefühlsschwankungen", "Strong swings of emotion"),
    ("attention_problems", "Aufmerksamkeitsprobleme", "Attention problems"),
    ("substance_use", "Umgang mit Alkohol oder anderen Stoffen", "Use of alcohol or other substances"),
    ("sexual_problems", "Probleme mit der Sexualität", "Sexual problems"),
    ("behaviour_child", "Verhalten (Kinder und Jugendliche)", "Behaviour (children and youth)"),
    ("loneliness", "Einsamkeit", "Loneliness"),
]

STATUTORY = [
    "AOK Baden-Württemberg",
    "AOK Bayern",
    "AOK Hessen",
    "AOK Niedersachsen",
    "AOK Nordost",
    "AOK NordWest",
    "AOK PLUS",
    "AOK Rheinland/Hamburg",
    "Barmer",
    "DAK-Gesundheit",
    "HEK",
    "hkk",
    "IKK classic",
    "KKH",
    "Knappschaft",
    "SBK",
    "Techniker Krankenkasse",
    "VIACTIV",
]
PRIVATE = ["Allianz Private KV", "Debeka", "DKV", "Signal Iduna"]


def load(apps, schema_editor):
    Symptom = apps.get_model("patients", "Symptom")
    Insurer = apps.get_model("patients", "Insurer")
    Symptom.objects.bulk_create(
        Symptom(code=code, name_de=german, name_en=english) for code, german, english in SYMPTOMS
    )
    Insurer.objects.bulk_create(
        [Insurer(name=name, kind="gkv") for name in STATUTORY] + [Insurer(name=name, kind="pkv") for name in PRIVATE]
    )


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
