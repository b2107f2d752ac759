"""How a PBX is that lets us in: what it is, what it has, what is installed on it."""

from __future__ import annotations

STANDING: dict[str, dict[str, tuple[str, str]]] = {
    "version": {
        "known": ("Asterisk {version}.", "Asterisk {version}."),
        "freepbx": ("Диалплан FreePBX.", "Its dialplan is FreePBX's."),
        "no_tree": (
            "До 16.28, 18.14 и 19.6 нельзя прочитать из AstDB списком: звонки, прошедшие без связи с сервисом,"
            " восстановить с АТС не получится.",
            "Before 16.28, 18.14 and 19.6 the AstDB cannot be listed: calls made while this service is away cannot be"
            " read back from the PBX.",
        ),
        "no_condition": (
            "До 16.20 и 18.6 нет WaitForCondition: куда направить звонок, АТС возьмёт только из своей копии"
            " справочника, а сервис не спросит.",
            "Before 16.20 and 18.6 there is no WaitForCondition: where a call goes the PBX takes from its own copy of"
            " the phonebook alone, without asking this service.",
        ),
        "too_old": (
            "Asterisk {version}: работа проверена начиная с {oldest}, раньше — без гарантий.",
            "Asterisk {version}: tested from {oldest} on, earlier ones without a promise.",
        ),
        "unknown": ("Версию Asterisk узнать не удалось.", "The version of Asterisk could not be learned."),
    },
    "rights": {
        "enough": ("Прав на команды достаточно.", "The rights to act are sufficient."),
        "missing": ("Добавьте в write= пользователя AMI: {classes}.", "Add to write= of the AMI user: {classes}."),
        "without_originate": (
            "Без originate нет звонка из карточки и обратных звонков.",
            "Without originate no call from a card and no callbacks.",
        ),
        "without_call": (
            "Без call нельзя положить трубку и перевести звонок.",
            "Without call no hang-up and no transfer.",
        ),
        "without_system": (
            "Без system не видны телефоны и идущие звонки после обрыва связи, а лишние события идут по сети.",
            "Without system the phones, and calls that are up after a lost connection, are not seen, and needless"
            " events cross the network.",
        ),
        "read": (
            "Права на чтение АТС не показывает; в read= должны быть: {classes}.",
            "The PBX does not show the rights to read; read= should have: {classes}.",
        ),
    },
    "shell": {
        "closed": (
            "Запускать программы на сервере АТС через AMI нечем.",
            "AMI has nothing to run programs on the PBX's machine by.",
        ),
        "open": (
            "Загружены модули {names}: у кого пароль этого пользователя AMI, тот может запускать программы на сервере"
            " АТС. Храните пароль как пароль root; если модули не нужны, удалите их файлы (одного noload мало).",
            "The modules {names} are loaded: this AMI user's secret lets run programs on the PBX's machine. Guard it"
            " like root's; where the modules are not needed, delete their files (noload alone is not enough).",
        ),
    },
    "filter": {
        "works": ("АТС шлёт только нужные события.", "The PBX sends only the events that are needed."),
        "no_right": (
            "Без права system лишние события не отсеять: всё работает, но по сети идёт больше.",
            "Without the right system needless events are not sifted: all works, but more crosses the network.",
        ),
        "unfiltered": (
            "События не отсеиваются на АТС: всё работает, но по сети идёт больше.",
            "Events are not sifted on the PBX: all works, but more crosses the network.",
        ),
    },
    "clock": {
        "right": ("Часы АТС идут верно.", "The PBX's clock is right."),
        "ahead": (
            "Часы АТС спешат на {seconds} с: включите NTP.",
            "The PBX's clock is {seconds} s ahead: turn NTP on.",
        ),
        "behind": (
            "Часы АТС отстают на {seconds} с: включите NTP.",
            "The PBX's clock is {seconds} s behind: turn NTP on.",
        ),
        "unknown": ("Время АТС узнать не удалось.", "The PBX's time could not be learned."),
    },
    "modules": {
        "there": ("Нужные модули загружены.", "The modules that are needed are loaded."),
        "missing": (
            "Загрузите модули (modules.conf): {names}.",
            "Load these modules (modules.conf): {names}.",
        ),
        "without_route": (
            "Без них звонок клиента не попадёт к его менеджеру, и имени на телефоне не будет.",
            "Without them a client's call does not go to his manager, and no name is shown.",
        ),
        "without_question": (
            "Без app_waitforcond АТС не спросит сервис, куда направить звонок: только из своей копии справочника.",
            "Without app_waitforcond the PBX does not ask this service where a call goes: its own copy alone tells.",
        ),
        "without_journal": (
            "Без них звонки, прошедшие без связи с сервисом, на АТС не запишутся.",
            "Without them the PBX does not remember calls made while this service is away.",
        ),
    },
    "extensions": {
        "found": ("Внутренних номеров на АТС: {count}.", "Extensions on the PBX: {count}."),
        "absent": (
            "У сотрудников указаны номера, которых на АТС нет: {names}.",
            "Employees have extensions that the PBX does not: {names}.",
        ),
        "cut": (
            "Просмотрены только первые {count} телефонов.",
            "Only the first {count} telephones were looked at.",
        ),
        "free": ("Ни за кем не закреплены: {names}.", "Nobody's: {names}."),
        "none": (
            "Из телефонов АТС ({count}) ни один не похож на внутренний номер: задайте шаблон «Внутренние номера».",
            "None of the PBX's telephones ({count}) looks like an extension: set the pattern of extensions.",
        ),
        "unseen": ("Список телефонов АТС не отдала.", "The PBX did not give the list of its telephones."),
    },
    "trunks": {
        "found": ("Внешних линий: {count} ({names}).", "Trunks: {count} ({names})."),
        "none": (
            "Ни один телефон АТС не похож на внешнюю линию: без неё не отличить внешний звонок от внутреннего. Задайте"
            " шаблон «Внешние линии».",
            "None of the PBX's telephones looks like a trunk: without one outside calls cannot be told from inside"
            " ones. Set the pattern of trunks.",
        ),
        "neither": (
            "Не подходят ни под один шаблон, их звонки не учитываются: {names}.",
            "Match no pattern, so their calls are not counted: {names}.",
        ),
        "unseen": ("Список телефонов АТС не отдала.", "The PBX did not give the list of its telephones."),
    },
    "dialplan": {
        "current": ("Диалплан установлен.", "The dialplan is installed."),
        "by_hand": (
            "Ведут ли к нему две ваши строки, покажет первый звонок.",
            "Whether your two lines lead to it, the first call will show.",
        ),
        "old": (
            "Установлен прежний диалплан: вставьте строки заново.",
            "An older dialplan is installed: paste its lines anew.",
        ),
        "other_country": (
            "Он сделан для номеров другой страны, чем теперь в настройках: вставьте строки заново.",
            "It was made for the numbers of another country than the settings have now: paste its lines anew.",
        ),
        "no_queue": (
            "Общей очереди {place} на АТС нет, и после телефона ответственного звонок пойдёт своим путём: проверьте"
            " номер и контекст очереди в настройках.",
            "The PBX has no general queue {place}, so that after the responsible's phone a call goes its own way:"
            " check the queue's extension and context in the settings.",
        ),
        "absent": (
            "Диалплан не установлен: вставьте его строки (в настройках виджета они ниже, в консоли их печатает backend"
            " dialplan).",
            "The dialplan is not installed: paste its lines (in the widget's settings they are below, in a shell"
            " backend dialplan prints them).",
        ),
        "incomplete": (
            "Диалплан установлен не весь: вставьте строки заново.",
            "A part of the dialplan is missing: paste its lines anew.",
        ),
        "without_click": (
            "Без него звонок из карточки покажет сотруднику его собственный номер, а перевод с вопросом коллеге может"
            " не сработать.",
            "Without it a call from a card shows the employee his own number, and an attended transfer may not work.",
        ),
        "without_route": (
            "Без него звонок клиента не попадёт сразу к его менеджеру, и имени на телефоне не будет.",
            "Without it a client's call does not ring his manager first, and no name is shown.",
        ),
        "without_journal": (
            "Без него звонки, прошедшие без связи с сервисом, потеряются.",
            "Without it calls made while this service is away are lost.",
        ),
        "no_inbound_hook": (
            "Звонки из города идут мимо него: в extensions_custom.conf нет [from-pstn-custom] с нашим include.",
            "Outside calls pass it by: extensions_custom.conf has no [from-pstn-custom] with our include.",
        ),
        "no_outbound_hook": (
            "Исходящие идут мимо него: если [macro-dialout-trunk-predial-hook] у вас уже был, добавьте в него одну"
            " нашу строку.",
            "Outbound calls pass it by: where you had a [macro-dialout-trunk-predial-hook] already, add our one line"
            " to it.",
        ),
        "freepbx": ("Это FreePBX: нужны строки для FreePBX.", "This is FreePBX: it needs the lines for FreePBX."),
    },
    "transfer": {
        "works": (
            "Перевод с вопросом коллеге работает (код {code}).",
            "Attended transfer works (feature code {code}).",
        ),
        "no_code": (
            "Перевод с вопросом коллеге не заработает, пока в features.conf не задан код atxfer.",
            "Attended transfer will not work until features.conf has a code for atxfer.",
        ),
    },
    "recording": {
        "able": (
            "АТС умеет записывать звонки и называть файлы записей.",
            "The PBX can record calls and tell the names of the recordings.",
        ),
        "no_mixmonitor": (
            "АТС не записывает звонки: модуль app_mixmonitor не загружен.",
            "The PBX does not record calls: the module app_mixmonitor is not loaded.",
        ),
        "no_names": (
            "АТС не называет файлы записей: загрузите cdr_manager и задайте в cdr_manager.conf recordingfile =>"
            " RecordingFile.",
            "The PBX does not tell the names of recordings: load cdr_manager and map recordingfile => RecordingFile in"
            " cdr_manager.conf.",
        ),
    },
    "journal": {
        "waiting": (
            "Журнал на самой АТС читается, ждут чтения: {count}.",
            "The PBX's own journal can be read, lines waiting: {count}.",
        ),
        "lost": (
            "Записей, стёртых новыми до того, как их прочли: {count}. Эти звонки не восстановить.",
            "Lines overwritten before they were read: {count}. Those calls cannot be had back.",
        ),
        "unreadable": (
            "Журнал на самой АТС не прочесть, и звонки, прошедшие без связи с сервисом, потеряются.",
            "The PBX's own journal cannot be read, and calls made while this service is away are lost.",
        ),
    },
}
