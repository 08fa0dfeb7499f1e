"""What the lints share: the files of the project, their text without comments and literals, and how a finding is told."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked():
    """Every file of the project; without git (an unpacked archive) every file outside of build folders."""
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True)
        names = listed.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not name.startswith(("build", ".git/"))]
    return sorted(ROOT / name for name in set(names) if (ROOT / name).is_file())


def cpp(*folders, endings=(".cpp", ".hpp")):
    return [path for path in tracked() if path.suffix in endings and path.relative_to(ROOT).parts[0] in folders]


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text):
    return re.sub(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', lambda m: m[0] if m[0][0] == '"' else blank(m), text, flags=re.S)


def without_literals(text):
    text = re.sub(r'R"(\w*)\(.*?\)\1"', blank, text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', lambda m: '"' + " " * (len(m[0]) - 2) + '"', text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def tell(findings):
    """Prints findings as FILE:LINE: what, and ends the lint."""
    for path, line, what in findings:
        print(f"{path.relative_to(ROOT)}:{line}: {what}")
    print(f"{len(findings)} findings")
    sys.exit(bool(findings))
