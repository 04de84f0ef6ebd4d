"""Text in every script there is, and what no script holds: for each document that shows what people wrote."""

from __future__ import annotations

import random
import sys
import unicodedata

#: What people write: by name, so that a failure says which.
WRITTEN = {
    "emoji": "Gikk bra 😀 👍🏽 👨‍👩‍👧 🇳🇴 ❤️ 🫶 1️⃣",
    "thai": "ขอบคุณมากครับ",
    "chinese": "谢谢你 謝謝你",
    "japanese": "ありがとうございます カタカナ",
    "korean": "감사합니다",
    "arabic": "شكرا جزيلا، می‌خواهم کار کنم",
    "hebrew": "תודה רבה",
    "tigrinya": "የቐንየለይ",
    "tamil": "மிக்க நன்றி",
    "hindi": "धन्यवाद, क्षत्रिय",
    "burmese": "ကျေးဇူးတင်ပါတယ်",
    "ukrainian": "Дякую, їжак",
    "sami": "Ollu giitu, Čáhppesjávri, ŧ đ ŋ",
    "vietnamese": "Cảm ơn rất nhiều",
    "kurdish": "Zor spas, ڕێژە",
    "both directions": "Jeg sa شكرا (takk) til 3 personer",
    "marks without a letter": "\u0301\u0e34 \u20dd",
    "marks of another script": "a\u0e34\u094d\u1ab0 😀\u0301 中\u05b4",
    "signs of direction": "\u202eabc\u202c\u2066abc\u2069\u200f\ufeff",
    "tags": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f \u845b\U000e0100",
    "typed in a table": "a\tb\r\nc\u2028d\x0be",
}
#: What no font of ours has, or no font has: to be replaced by a sign that is seen.
REPLACED = {
    "control characters": "a\x00b\x01c\x1bd\x7fe\x9f",
    "lone surrogates": "a\ud800b\udfffc",
    "of no character": "a\ufffeb\uffffc\U0010ffff",
    "not given out": "a\u0378b\U000e1000",
    "hieroglyphs": "a\U00013000",
    "rare ideographs": "a\U00020000",
}


def samples() -> list[str]:
    """Two letters of every 64 numbers of Unicode that hold any, with neighbours of theirs as one word."""
    words = []
    for first in range(0, sys.maxunicode + 1, 64):
        letters = [chr(n) for n in range(first, first + 64) if unicodedata.category(chr(n)) not in ("Cn", "Cs", "Co")]
        if letters:
            words.append("".join(dict.fromkeys((letters[0], letters[len(letters) // 2], letters[-1]))))
    return words


def mixed(count: int) -> list[str]:
    """Words of letters and marks from anywhere, the same each time: a font is chosen for a word, not for a letter."""
    chosen = random.Random(13)
    letters = [letter for word in samples() for letter in word]
    marks = [letter for letter in letters if unicodedata.category(letter).startswith("M")]
    return ["".join(chosen.choices(letters, k=2) + chosen.choices(marks, k=2)) for _ in range(count)]
