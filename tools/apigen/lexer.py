"""Words, numbers, strings and signs of an .api file, each with the place it stands at."""
import re
from dataclasses import dataclass


class ApiError(Exception):
    """A fault in an .api file; the text begins with file:line."""


@dataclass(frozen=True)
class Token:
    kind: str  # word number string path sign end
    text: str
    line: int


SIGNS = ('->', '..', '[]', '{', '}', '(', ')', ':', ',', '=', '?', '|')
SPACE = re.compile(r'(?:[ \t\r\n]|#[^\n]*)+')
# Letters and digits joined by dots or hyphens: albumName, album.read, shared-link
WORD = re.compile(r'[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*')
NUMBER = re.compile(r'-?[0-9]+(?:\.[0-9]+)?')
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
PATH = re.compile(r'/(?:\{[^}\n]*\}|[^\s{}])*')
METHODS = ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')


def split(file_name, text):
    """@return the tokens of @text, ended by one of kind 'end'"""
    tokens, at, line = [], 0, 1

    def take(kind, match_text, value):
        nonlocal at, line
        tokens.append(Token(kind, value, line))
        at += len(match_text)
        line += match_text.count('\n')

    while at < len(text):
        space = SPACE.match(text, at)
        if space:
            line += space[0].count('\n')
            at = space.end()
            continue
        if tokens and tokens[-1].text in METHODS and (path := PATH.match(text, at)):
            take('path', path[0], path[0])
        elif string := STRING.match(text, at):
            take('string', string[0], string[1].replace('\\"', '"').replace('\\\\', '\\'))
        elif word := WORD.match(text, at):
            take('word', word[0], word[0])
        elif number := NUMBER.match(text, at):
            take('number', number[0], number[0])
        elif sign := next((s for s in SIGNS if text.startswith(s, at)), None):
            take('sign', sign, sign)
        else:
            raise ApiError(f'{file_name}:{line}: what does {text[at]!r} mean here?')
    tokens.append(Token('end', '', line))
    return tokens
