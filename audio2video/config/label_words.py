"""What the visible label says, in the official languages of the European Union."""

from __future__ import annotations

TERM = "AI"
"""Stands first on every label, in all languages alike, as on the icons of the Union."""

WORDS = {
    "bg": ("ГЕНЕРИРАНО", "ПРОМЕНЕНО"),
    "cs": ("VYTVOŘENO", "UPRAVENO"),
    "da": ("GENERERET", "ÆNDRET"),
    "de": ("GENERIERT", "VERÄNDERT"),
    "el": ("ΔΗΜΙΟΥΡΓΗΜΕΝΟ", "ΤΡΟΠΟΠΟΙΗΜΕΝΟ"),
    "en": ("GENERATED", "MODIFIED"),
    "es": ("GENERADO", "MODIFICADO"),
    "et": ("LOODUD", "MUUDETUD"),
    "fi": ("LUOTU", "MUOKATTU"),
    "fr": ("GÉNÉRÉ", "MODIFIÉ"),
    "ga": ("GINTE", "ATHRAITHE"),
    "hr": ("GENERIRANO", "IZMIJENJENO"),
    "hu": ("GENERÁLT", "MÓDOSÍTOTT"),
    "it": ("GENERATO", "MODIFICATO"),
    "lt": ("SUKURTA", "PAKEISTA"),
    "lv": ("ĢENERĒTS", "PĀRVEIDOTS"),
    "mt": ("IĠĠENERAT", "MMODIFIKAT"),
    "nl": ("GEGENEREERD", "BEWERKT"),
    "pl": ("WYGENEROWANE", "ZMODYFIKOWANE"),
    "pt": ("GERADO", "MODIFICADO"),
    "ro": ("GENERAT", "MODIFICAT"),
    "sk": ("VYTVORENÉ", "UPRAVENÉ"),
    "sl": ("USTVARJENO", "SPREMENJENO"),
    "sv": ("GENERERAD", "ÄNDRAD"),
}
"""By ISO 639-1 code: of what is made whole, and of footage that was changed."""


def label_word(language: str, *, painted: bool) -> str:
    """Give the word beside `TERM`: of a picture that is painted, or of footage that was changed."""
    generated, modified = WORDS[language]
    return generated if painted else modified
