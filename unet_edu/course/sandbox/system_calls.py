"""The calls to Linux that no answer needs, refused to all of them by a filter of the kernel's (seccomp).

What an answer leaves in a store that the kernel keeps for each user would be found by the next answer; other calls
open large parts of the kernel to whoever looks for a hole in it. A refused call fails with EPERM, as if a right were
missing. The filter is made by libseccomp, which the package `pyseccomp` calls; both come with the extra `grade`,
libseccomp itself with nearly every distribution.
"""

import errno
import functools
import tempfile
import warnings

KEPT = {  # stores that outlive a process, for each user or namespace
    "keyrings": "add_key request_key keyctl",
    "System V": "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl",
    "POSIX": "mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr",
}
OTHERS = {
    "files": "mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr"
    " name_to_handle_at open_by_handle_at fanotify_init quotactl quotactl_fd swapon swapoff acct",
    "processes": "unshare setns ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd",
    "kernel": "bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register kexec_load"
    " kexec_file_load init_module finit_module delete_module reboot syslog iopl ioperm modify_ldt"
    " settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname vhangup personality"
    " set_mempolicy_home_node move_pages migrate_pages lookup_dcookie",
}
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)  # flags of clone
AF_UNIX = 1

REMAINS = """\
System calls are not filtered here ({why}). Answers still have no network, no files and no processes but their own. What
remains: an answer may leave something for a later one in the kernel's keyrings, and one that knows a hole in Linux
has more calls to reach it by. To filter them: pip install "unet_edu[grade]", and the library libseccomp (Debian,
Ubuntu: apt install libseccomp2)."""


class NotFilteredWarning(UserWarning):
    """System calls of answers are not filtered; the message is what remains possible."""


@functools.cache
def filter_program() -> bytes:
    """Return the filter as a program for the kernel (BPF); empty, with a NotFilteredWarning, where none can be made."""
    try:
        import pyseccomp as seccomp
    except (ImportError, OSError, RuntimeError) as error:  # the package is missing, or the library
        warnings.warn(REMAINS.format(why=error or "no libseccomp"), NotFilteredWarning, stacklevel=2)
        return b""
    made = seccomp.SyscallFilter(seccomp.ALLOW)
    refused = seccomp.ERRNO(errno.EPERM)
    for names in (*KEPT.values(), *OTHERS.values()):
        for name in names.split():
            if _is_known(seccomp, name):
                made.add_rule(refused, name)
    made.add_rule(refused, "socket", seccomp.Arg(0, seccomp.NE, AF_UNIX))
    made.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; the C library falls back to clone
    for flag in NAMESPACES:
        made.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    with tempfile.TemporaryFile() as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()


def _is_known(seccomp, name) -> bool:
    """Return whether this version of libseccomp has a call of that name, on this processor."""
    try:
        return seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) >= 0
    except (ValueError, OSError, RuntimeError):
        return False


def numbers(names: str) -> list[int]:
    """Return the numbers of calls on this processor, of those that are known. Raises ImportError without pyseccomp."""
    import pyseccomp as seccomp

    return [seccomp.resolve_syscall(seccomp.Arch.NATIVE, name) for name in names.split() if _is_known(seccomp, name)]
