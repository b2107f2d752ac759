"""What a site's visitor, or his server, is told of a callback."""

from __future__ import annotations

REFUSALS: dict[str, dict[str, str]] = {
    "unknown_site": {"ru": "Такого сайта здесь нет", "en": "There is no such site here"},
    "foreign_origin": {
        "ru": "С этой страницы звонок заказать нельзя: её адреса нет в настройках",
        "en": "This page may not ask for a call: its address is not in the settings",
    },
    "bad_signature": {
        "ru": "Подпись запроса неверна или устарела",
        "en": "The request's signature is wrong or too old",
    },
    "foreign_account": {"ru": "Это хук другого аккаунта amoCRM", "en": "This is another amoCRM account's hook"},
    "no_phone": {"ru": "Укажите номер телефона", "en": "Please give a phone number"},
    "not_a_phone": {"ru": "Проверьте номер телефона", "en": "Please check the phone number"},
    "not_a_form": {"ru": "Запрос не похож на заполненную форму", "en": "The request is no form that can be read"},
    "often_number": {
        "ru": "На этот номер звонок уже заказывали несколько раз. Попробуйте через час",
        "en": "A call to this number was asked for several times. Please try again in an hour",
    },
    "often_address": {
        "ru": "Слишком много заявок с вашего адреса. Попробуйте через час",
        "en": "Too many requests from your address. Please try again in an hour",
    },
    "often_site": {
        "ru": "Сейчас слишком много заявок. Позвоните нам или попробуйте позже",
        "en": "There are too many requests now. Please call us, or try again later",
    },
    "often_account": {
        "ru": "Сейчас слишком много заявок. Позвоните нам или попробуйте позже",
        "en": "There are too many requests now. Please call us, or try again later",
    },
    "too_many_sites": {"ru": "Слишком много сайтов", "en": "Too many sites"},
    "over": {
        "ru": "Поздно: заявка уже закончилась или идёт разговор",
        "en": "Too late: the request is over, or somebody talks",
    },
}

STATES: dict[str, dict[str, str]] = {
    "test": {"ru": "Проверка пройдена", "en": "The test has passed"},
    "waiting": {"ru": "Заявка принята, мы вам позвоним", "en": "Your request is taken, we will call you"},
    "held": {
        "ru": "Заявка принята. Сейчас мы не работаем и позвоним, когда откроемся",
        "en": "Your request is taken. We are closed now, and will call you when we open",
    },
    "ringing": {"ru": "Ищем свободного сотрудника", "en": "We are looking for somebody who is free"},
    "answered": {"ru": "Звоним вам, возьмите трубку", "en": "We are calling you, please pick up"},
    "talking": {"ru": "Вы разговариваете", "en": "You are talking"},
    "talked": {"ru": "Мы поговорили", "en": "We have talked"},
    "met": {"ru": "Мы поговорили", "en": "We have talked"},
    "nobody": {
        "ru": "Все заняты. Заявка сохранена, мы свяжемся с вами позже",
        "en": "Everybody is busy. Your request is kept, we will get in touch later",
    },
    "unreached": {
        "ru": "Мы звонили, но не дозвонились до вас",
        "en": "We called, but could not reach you",
    },
    "stopped": {"ru": "Заявка закрыта", "en": "The request is closed"},
}
