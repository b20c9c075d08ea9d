"""Fill a benchmark database with an invented world through the product's own tables.

    python -m benchmarks.fill --size full [--again]

The world is drawn by `benchmarks.world` and written by COPY; every constraint and trigger of the product
stays in force. A database that holds the world of this version and seed already is left alone.
"""

import argparse
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from benchmarks import database
from benchmarks.database import say, stated
from benchmarks.sizes import AT, SEED, SIZES, VERSION, Size

LABELS = ("therapists", "patients", "matching")  # apps whose tables are filled


def ensure(size: Size, *, again: bool = False) -> None:
    """Let this process work on a filled database of this size."""
    from apps.matching.selectors import kept  # it needs Django to be ready

    database.use(size.database)
    kept.forget()  # what is kept belongs to another database
    if again or _stamp() != _wanted(size):
        say(f"Filling {size.database} ({size.therapists} therapists, {size.searches} searches)")
        fill(size)


def fill(size: Size) -> None:
    """Replace the content of the current database by the world of this size."""
    from django.db import transaction

    from benchmarks.world.draws import Draw
    from benchmarks.world.history import draw_history
    from benchmarks.world.patients import draw_patients
    from benchmarks.world.therapists import draw_therapists
    from benchmarks.world.towns import towns

    places = towns(SEED)
    therapists = draw_therapists(Draw(SEED, "therapists"), places, size.therapists)
    patients = draw_patients(Draw(SEED, "patients"), places, size.searches)
    history = draw_history(Draw(SEED, "history"), therapists, patients, size.searches)
    with transaction.atomic():
        _empty()
        for name, columns in (therapists.rows | patients.rows | history).items():
            _copy(_model(name), columns)
        _finish(size)
    _analyse()


def _model(name: str) -> Any:
    from django.apps import apps

    models = (model for label in LABELS for model in apps.get_app_config(label).get_models())
    return next(model for model in models if model.__name__ == name)


def _copy(model: Any, columns: dict[str, Sequence[Any]]) -> None:
    """COPY the columns (by attribute name); fields that are not named get their default in every row."""
    from django.db import connection

    fields = {field.attname: field for field in model._meta.local_concrete_fields if not field.generated}
    values: dict[str, Iterable[Any]] = dict(columns)
    for name in fields.keys() - columns.keys() - ({"id"} if "id" not in columns else set()):
        values[name] = repeat(_default(fields[name]))
    names, table = ", ".join(f'"{fields[name].column}"' for name in values), model._meta.db_table
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in zip(*values.values(), strict=False):
            copy.write_row(row)


def _default(field: Any) -> Any:
    from django.db import connection

    is_automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return AT if is_automatic else field.get_db_prep_save(field.get_default(), connection)


def _empty() -> None:
    """Empty the tables of the world and, with CASCADE, all that refers to them."""
    from django.db import connection

    names = ("Patient", "Therapist", "Practice", "ContactGroup", "Inquiry", "PlacementSearch")
    tables = ", ".join(f'"{_model(name)._meta.db_table}"' for name in names)
    with connection.cursor() as cursor:
        # Tables come in the order of their foreign keys. Deferred checks would pile up, and the audit
        # triggers' exception blocks walk the whole pile for every row.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def _finish(size: Size) -> None:
    """Let new rows get new ids, and remember what was filled."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    from apps.core.models import RowChange

    with connection.cursor() as cursor:
        models = [model for label in LABELS for model in apps.get_app_config(label).get_models()]
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
        cursor.execute(f'TRUNCATE "{RowChange._meta.db_table}"')  # as after the nightly clearing
        cursor.execute("CREATE SCHEMA IF NOT EXISTS rival")
        cursor.execute("CREATE TABLE IF NOT EXISTS rival.stamp (world text NOT NULL)")
        cursor.execute("DELETE FROM rival.stamp")
        cursor.execute("INSERT INTO rival.stamp VALUES (%s)", [_wanted(size)])


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _wanted(size: Size) -> str:
    return f"version {VERSION}, seed {SEED}, {size.therapists} x {size.searches}"


def _stamp() -> str | None:
    """What the current database was filled with."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('rival.stamp')")
        if cursor.fetchone() == (None,):
            return None
        cursor.execute("SELECT world FROM rival.stamp")
        row = cursor.fetchone()
        return row[0] if row else None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--again", action="store_true", help="fill anew even if the world is there")
    arguments = parser.parse_args()
    database.set_up()
    with stated(f"{arguments.size} is ready"):
        ensure(SIZES[arguments.size], again=arguments.again)


if __name__ == "__main__":
    main()
