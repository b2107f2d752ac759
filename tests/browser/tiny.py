"""A widget of a few lines, to see how the sandbox's pages treat any widget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = {
    "ru": {"widget": {"name": "Малыш", "short_description": "Мал", "description": "Малыш", "call_action": "Набрать"}},
    "en": {"widget": {"name": "Tiny", "short_description": "Short", "description": "Long", "call_action": "Dial"}},
}  # fmt: skip

# `told` keeps what happened in the attribute `data-told` of the page's root, which no navigation replaces.
SCRIPT = """
define(['jquery', 'lib/components/base/modal'], function ($, Modal) {
  return function () {
    const self = this;
    const root = document.documentElement;
    const told = (word) => { root.dataset.told = `${root.dataset.told || ''} ${word}`.trim(); return true; };
    this.callbacks = {
      render: () => told('render'),
      init() {
        self.add_action('phone', ({ value }) => told(`dial:${value.replaceAll(' ', '')}`));
        $(document).on('page:changed.tiny', () => told(`page:${APP.getWidgetsArea()}`));
        return told('init');
      },
      bind_actions: () => told('bind_actions'),
      settings: ($body) => told(`settings:${$body.find('input').length}`),
      onSave: ({ active, fields }) => {
        told(`onSave:${active}:${fields.key}`);
        return fields.key === 'wrong' ? Promise.reject() : true;
      },
      onInstall: () => told(`onInstall:${self.get_install_status()}`),
      advancedSettings: () => { document.querySelector('#list_page_holder').append(self.i18n('widget.name')); },
      destroy: () => $(document).off('page:changed.tiny') && told('destroy'),
      %s
    };
    %s
    return this;
  };
});
"""


def make(folder: Path, *, more: str = "", wrong: str = "", **manifest: Any) -> Path:
    """An archive's folder. `more` are callbacks beside its own, `wrong` is run as it is made."""
    (folder / "i18n").mkdir(parents=True)
    (folder / "script.js").write_text(SCRIPT % (more, wrong))
    about = {
        "widget": {"name": "widget.name", "description": "widget.description", "version": "1.0.0", "init_once": True,
                   "short_description": "widget.short_description", "locale": ["ru", "en"], "installation": True},
        "locations": ["everywhere", "lcard-1", "settings", "advanced_settings"],
        "settings": {"key": {"name": "widget.name", "type": "text", "required": True}},
        "advanced": {"title": "widget.name"},
        **manifest,
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(about))
    for language, words in WORDS.items():
        (folder / f"i18n/{language}.json").write_text(json.dumps(words))
    return folder
