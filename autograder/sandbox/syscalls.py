"""System call numbers, (x86-64, aarch64), from Linux's `asm/unistd_64.h` and `asm-generic/unistd.h`.

None where a machine type lacks the call. What is in neither of the first two tables is refused to a submission. Missing on
purpose: all that makes a process or runs a program, sockets, signals to others, anonymous files, namespaces, mounts,
tracing, keys, io_uring, bpf, new filters, and what would lift a limit again.
"""

from __future__ import annotations

Numbers = tuple[int | None, int | None]

# fmt: off
# Harmless whatever the arguments: they reach only the process itself and files that it has opened.
PERMITTED: dict[str, Numbers] = {
    "access": (21, None), "alarm": (37, None), "arch_prctl": (158, None), "brk": (12, 214), "capget": (125, 90),
    "chdir": (80, 49), "clock_getres": (229, 114), "clock_gettime": (228, 113), "clock_nanosleep": (230, 115),
    "close": (3, 57), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24), "epoll_create1": (291, 20),
    "epoll_ctl": (233, 21), "epoll_pwait": (281, 22), "epoll_wait": (232, None), "eventfd2": (290, 19),
    "exit": (60, 93), "exit_group": (231, 94), "faccessat": (269, 48), "faccessat2": (439, 439),
    "fadvise64": (221, 223), "fchdir": (81, 50), "fdatasync": (75, 83), "flock": (73, 32), "fstat": (5, 80),
    "fstatfs": (138, 44), "fsync": (74, 82), "ftruncate": (77, 46), "futex": (202, 98), "futex_waitv": (449, 449),
    "get_mempolicy": (239, 236), "get_robust_list": (274, 100), "getcpu": (309, 168), "getcwd": (79, 17),
    "getdents64": (217, 61), "getegid": (108, 177), "geteuid": (107, 175), "getgid": (104, 176),
    "getgroups": (115, 158), "getitimer": (36, 102), "getpgid": (121, 155), "getpgrp": (111, None),
    "getpid": (39, 172), "getppid": (110, 173), "getpriority": (140, 141), "getrandom": (318, 278),
    "getresgid": (120, 150), "getresuid": (118, 148), "getrlimit": (97, 163), "getrusage": (98, 165),
    "getsid": (124, 156), "gettid": (186, 178), "gettimeofday": (96, 169), "getuid": (102, 174), "lseek": (8, 62),
    "lstat": (6, None), "madvise": (28, 233), "membarrier": (324, 283), "mincore": (27, 232), "mkdir": (83, None),
    "mkdirat": (258, 34), "mmap": (9, 222), "mprotect": (10, 226), "mremap": (25, 216), "munmap": (11, 215),
    "nanosleep": (35, 101), "newfstatat": (262, 79), "open": (2, None), "openat": (257, 56), "pause": (34, None),
    "pipe": (22, None), "pipe2": (293, 59), "poll": (7, None), "ppoll": (271, 73), "pread64": (17, 67),
    "pselect6": (270, 72), "pwrite64": (18, 68), "read": (0, 63), "readlink": (89, None), "readlinkat": (267, 78),
    "readv": (19, 65), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "restart_syscall": (219, 128), "rmdir": (84, None), "rseq": (334, 293), "rt_sigaction": (13, 134),
    "rt_sigpending": (127, 136), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigsuspend": (130, 133),
    "rt_sigtimedwait": (128, 137), "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_yield": (24, 124), "select": (23, None), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "setitimer": (38, 103), "sigaltstack": (131, 132), "stat": (4, None), "statfs": (137, 43), "statx": (332, 291),
    "sysinfo": (99, 179), "time": (201, None), "times": (100, 153), "umask": (95, 166), "uname": (63, 160),
    "unlink": (87, None), "unlinkat": (263, 35), "wait4": (61, 260), "waitid": (247, 95), "write": (1, 64),
    "writev": (20, 66),
}

# Permitted for some arguments; `autograder.sandbox.seccomp` says which.
CONDITIONAL: dict[str, Numbers] = {
    "clone": (56, 220), "clone3": (435, 435), "fcntl": (72, 25), "ioctl": (16, 29), "prctl": (157, 167),
    "prlimit64": (302, 261), "tgkill": (234, 131),
}

# What the sandbox itself calls to confine a worker; libc has no function for most of them.
CONFINING: dict[str, Numbers] = {
    "capset": (126, 91), "landlock_add_rule": (445, 445), "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446), "mount_setattr": (442, 442), "pivot_root": (155, 41), "seccomp": (317, 277),
    "unshare": (272, 97),
}
# fmt: on
