"""How a name of the contract is written in C: albumName -> album_name, ALBUM_NAME."""
import re

# Words whose capitals do not begin a new word.
WHOLE_WORDS = {'OAuth': 'Oauth', 'FFmpeg': 'Ffmpeg'}
C_KEYWORDS = frozenset('auto break case char const continue default do double else enum extern float '
                       'for goto if inline int long register return short signed sizeof static '
                       'struct switch typedef union unsigned void volatile while'.split())


def words(name):
    for text, whole in WHOLE_WORDS.items():
        name = name.replace(text, whole)
    name = re.sub(r'[.\-/ ]', '_', name)
    name = re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name)
    return re.sub(r'([A-Z])([A-Z][a-z])', r'\1_\2', name).lower()


def snake(name):
    """A C identifier in lower case."""
    name = words(name)
    return name + '_' if name in C_KEYWORDS else name


def upper(name):
    return words(name).upper()


def pascal(name):
    """getAlbumInfo -> GetAlbumInfo, api-keys -> ApiKeys"""
    return ''.join(part[:1].upper() + part[1:] for part in re.split(r'[-_]', name))
