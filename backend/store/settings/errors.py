"""What is wrong with settings, field by field, in the user's language; and the checks across fields and mirrors."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from backend.store.accounts import AccountStage, AccountUser
from backend.store.settings.parts import StageSetting
from backend.store.settings.settings import AccountSettings

MOST_ERRORS = 50  # told at once

WORDS: dict[str, tuple[str, str]] = {
    "missing": ("обязательное поле", "is required"),
    "extra_forbidden": ("такой настройки нет", "there is no such setting"),
    "int_type": ("нужно целое число", "must be a whole number"),
    "int_parsing": ("нужно целое число", "must be a whole number"),
    "bool_type": ("нужно true или false", "must be true or false"),
    "string_type": ("нужна строка", "must be text"),
    "string_too_short": ("не может быть пустым", "may not be empty"),
    "too_short": ("не может быть пустым", "may not be empty"),
    "string_too_long": ("не длиннее {max_length} знаков", "at most {max_length} characters"),
    "too_long": ("не больше {max_length} значений", "at most {max_length} values"),
    "string_pattern_mismatch": ("недопустимые знаки", "has characters that are not allowed"),
    "greater_than": ("должно быть больше {gt}", "must be greater than {gt}"),
    "greater_than_equal": ("не меньше {ge}", "at least {ge}"),
    "less_than_equal": ("не больше {le}", "at most {le}"),
    "literal_error": ("одно из: {expected}", "one of: {expected}"),
    "enum": ("одно из: {expected}", "one of: {expected}"),
    "tuple_type": ("нужен список", "must be a list"),
    "dict_type": ("нужен объект", "must be an object"),
    "model_type": ("нужен объект", "must be an object"),
    "json_invalid": ("это не JSON", "is not JSON"),
    "pattern": ("не регулярное выражение: {why}", "is not a regular expression: {why}"),
    "template": ("в скобках может стоять только {{phone}}", "only {{phone}} may stand in braces"),
    "country": ("нужны две буквы страны, например RU", "must be a country's two letters, such as RU"),
    "zone": ("нет такого часового пояса, нужен, например, Europe/Moscow", "is no time zone, such as Europe/Moscow"),
    "phone": ("это не телефонный номер", "is not a telephone number"),
    "certificate": ("это не сертификат в формате PEM", "is not a certificate in PEM"),
    "secret_needed": (
        "нужен пароль: он хранится только для прежнего адреса и имени",
        "is required: the stored one belongs to the former address and name",
    ),
    "twice": ("указано дважды: {value}", "is given twice: {value}"),
    "no_user": ("в аккаунте нет действующего пользователя {value}", "the account has no active user {value}"),
    "no_pipeline": ("в аккаунте нет воронки {value}", "the account has no pipeline {value}"),
    "no_stage": ("в воронке нет этапа {value}", "the pipeline has no stage {value}"),
    "uuid_parsing": ("нужен uuid", "must be a uuid"),
    "nothing_said": ("напишите результат, заметку или задачу", "write a result, a note or a task"),
    "no_contact": ("такого контакта нет", "there is no such contact"),
    "no_number": ("номер скрыт, сохранять нечего", "the number is hidden, there is nothing to save"),
    "site_host": ("это не имя сайта, нужно, например, example.com", "is not the name of a site, such as example.com"),
    "quiet": ("у тихих часов нет конца", "the quiet hours have no end"),
    "no_site": ("такой сайт здесь не создан", "no such site was made here"),
    "url": (
        "нужен адрес, например https://pbx.example.com/monitor",
        "must be an address, such as https://pbx.example.com/monitor",
    ),
    "url_user": ("имя и пароль указываются в своих полях", "may not hold the user's name and secret"),
    "url_port": ("этот порт использовать нельзя", "has a port that cannot be used"),
    "url_scheme": ("должен начинаться с {schemes}", "must begin with {schemes}"),
    "recording_path": (
        "нужно {{name}} или {{stem}}, ещё могут быть {{year}}, {{month}} и {{day}}",
        "must hold {{name}} or {{stem}}, and may hold {{year}}, {{month}} and {{day}}",
    ),
    "recording_path_above": (
        "должен вести в глубь адреса, без .. и //",
        "must lead below the address, without .. and //",
    ),
    "no_source": ("выберите, откуда берутся записи", "choose where recordings come from"),
    "host_key_needed": (
        "нажмите «Проверить»: проверка покажет ключ сервера",
        "is required: press Test, it shows the server's key",
    ),
    "unsorted_stage": ("этап «Неразобранное» выбрать нельзя", "the unsorted stage cannot be chosen"),
}
ANYTHING = ("недопустимое значение", "is not a valid value")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """`field` is a path such as `employees.0.extensions.1`; `kind` is a key of WORDS or pydantic's own."""

    field: str
    kind: str
    values: dict[str, Any] = dataclasses.field(default_factory=dict)

    def message(self, language: str) -> str:
        russian, english = WORDS.get(self.kind, ANYTHING)
        return (russian if language == "ru" else english).format(**self.values)


def from_pydantic(error: ValidationError, under: str = "") -> list[FieldError]:
    """The model's own complaints; no value is repeated, for it may be a secret."""
    return [
        FieldError(
            field=".".join(str(part) for part in (under, *each["loc"]) if part not in ("", "[key]")),
            kind=each["type"],
            values=each.get("ctx", {}),
        )
        for each in error.errors(include_url=False, include_input=False)[:MOST_ERRORS]
    ]


def across(
    settings: AccountSettings, users: Sequence[AccountUser], stages: Sequence[AccountStage], under: str
) -> list[FieldError]:
    """What no field shows by itself. Users and stages are checked only where the mirror has any."""
    found = [*_twice(settings)]
    if users:
        found += _unknown_users(settings, {each.user_id for each in users if each.is_active})
    if stages:
        found += _unknown_stages(settings, stages)
    return [dataclasses.replace(each, field=f"{under}.{each.field}") for each in found[:MOST_ERRORS]]


def _twice(settings: AccountSettings) -> Iterator[FieldError]:
    for name in ("extensions", "mobiles"):
        told = Counter(value for each in settings.employees for value in getattr(each, name))
        for place, each in enumerate(settings.employees):
            for index, value in enumerate(getattr(each, name)):
                if told[value] > 1:
                    yield FieldError(field=f"employees.{place}.{name}.{index}", kind="twice", values={"value": value})
    sites = Counter(each.key for each in settings.callback.sites)
    for place, each_site in enumerate(settings.callback.sites):
        if sites[each_site.key] > 1:
            yield FieldError(field=f"callback.sites.{place}.key", kind="twice", values={"value": each_site.key})
    people = Counter(each.user_id for each in settings.employees)
    for place, each in enumerate(settings.employees):
        if people[each.user_id] > 1:
            yield FieldError(field=f"employees.{place}.user_id", kind="twice", values={"value": each.user_id})


def _unknown_users(settings: AccountSettings, active: set[int]) -> Iterator[FieldError]:
    named = [(f"employees.{place}.user_id", each.user_id) for place, each in enumerate(settings.employees)]
    named += [("default_employee", settings.default_employee)] if settings.default_employee else []
    for name in ("missed_to", "open_lead_missed_to"):
        named += [(f"{name}.{index}", user_id) for index, user_id in enumerate(getattr(settings, name) or ())]
    for path, user_id in named:
        if user_id not in active:
            yield FieldError(field=path, kind="no_user", values={"value": user_id})


def _unknown_stages(settings: AccountSettings, stages: Sequence[AccountStage]) -> Iterator[FieldError]:
    chosen = [("stage", settings.stage)]
    chosen += [(f"employees.{place}.stage", each.stage) for place, each in enumerate(settings.employees)]
    chosen += [(f"stages_by_did.{did}", each) for did, each in settings.stages_by_did.items()]
    chosen += [(f"callback.sites.{place}.stage", each.stage) for place, each in enumerate(settings.callback.sites)]
    for path, stage in chosen:
        if stage is not None:
            yield from _unknown_stage(path, stage, stages)


def _unknown_stage(path: str, chosen: StageSetting, stages: Sequence[AccountStage]) -> Iterator[FieldError]:
    pipeline = {each.status_id: each for each in stages if each.pipeline_id == chosen.pipeline_id}
    if not pipeline:
        yield FieldError(field=f"{path}.pipeline_id", kind="no_pipeline", values={"value": chosen.pipeline_id})
    elif chosen.status_id is not None and chosen.status_id not in pipeline:
        yield FieldError(field=f"{path}.status_id", kind="no_stage", values={"value": chosen.status_id})
    elif chosen.status_id is not None and pipeline[chosen.status_id].is_unsorted:
        yield FieldError(field=f"{path}.status_id", kind="unsorted_stage")
