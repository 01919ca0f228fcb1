#define _GNU_SOURCE
#include "spawn_program.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifndef __has_feature
#define __has_feature(name) 0
#endif

// ThreadSanitizer turns vfork into fork, after which no error returns through shared memory.
#if defined(__linux__) && !__has_feature(thread_sanitizer)

// A limit that is set already can only be lowered.
static int limit(int resource, uint64_t bytes) {
    struct rlimit now;
    if (bytes == 0) return 0;
    if (getrlimit(resource, &now) != 0) return -1;
    if (now.rlim_max < bytes) bytes = now.rlim_max;
    struct rlimit both = {bytes, bytes};
    return setrlimit(resource, &both);
}

// The system's own call: posix_spawn leaves signals 32 and 33 ignored, which the C library keeps for itself and does not let
// anybody set, and programs would inherit that. KILL and STOP cannot be set, and need not be.
static void set_default(int signal) {
    static const unsigned long zeros[8];
    (void)syscall(SYS_rt_sigaction, signal, zeros, NULL, (NSIG - 1) / 8);
}

// For a kernel without close_range, or a sandbox that forbids it.
static int close_all_from(int first, long end) {
    if (close_range((unsigned)first, ~0U, 0) == 0) return 0;
    if (errno != ENOSYS && errno != EPERM) return -1;
    for (long descriptor = first; descriptor < end; descriptor++) close((int)descriptor);
    return 0;
}

// The child borrows this thread's memory and stack until it has executed or ended, so it only makes system calls and says
// through two volatile locals how far it came. Signals stay blocked meanwhile: a handler must not run in borrowed memory.
// Steps that can hang (a directory or a program on an unresponsive file system) come last, when the child has no other pipes.
__attribute__((noinline)) int capsule_start(const struct capsule_program *p, pid_t *child, enum capsule_step *step) {
    volatile int failure = 0;
    volatile enum capsule_step reached = CAPSULE_STEP_PROCESS;
    long descriptors = sysconf(_SC_OPEN_MAX);
    sigset_t all, none, before;
    sigfillset(&all);
    sigemptyset(&none);
    int blocked = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (blocked != 0) return blocked;
    pid_t id = vfork();
    if (id == 0) {
        for (int signal = 1; signal < NSIG; signal++) set_default(signal);
        if (setsid() < 0) goto failed;
        struct capsule_announcement announcement = {p->number, getpid()};
        if (write(p->announcements, &announcement, sizeof announcement) < 0 && errno != EAGAIN) goto failed;
        int input = p->input >= 0 ? p->input : open("/dev/null", O_RDONLY);
        if (input < 0 || dup2(input, 0) < 0) goto failed;
        if (dup2(p->output, 1) < 0 || dup2(p->error, 2) < 0 || close_all_from(3, descriptors) != 0) goto failed;
        if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) goto failed;
        reached = CAPSULE_STEP_DIRECTORY;
        if (p->directory && chdir(p->directory) != 0) goto failed;
        reached = CAPSULE_STEP_LIMITS;
        if (limit(RLIMIT_AS, p->address_space) != 0 || limit(RLIMIT_DATA, p->data) != 0) goto failed;
        // More niceness is always allowed.
        if (p->niceness > 0) (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + p->niceness);
        reached = CAPSULE_STEP_EXECUTE;
        execve(p->path, p->arguments, p->environment);
    failed:
        failure = errno;
        _exit(127);
    }
    int refused = id < 0 ? errno : 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    *child = id < 0 ? 0 : id;
    *step = reached;
    return refused != 0 ? refused : failure;
}

#else

// The same with the system's own call: no limits on memory, no niceness, and no word from a child that hangs.
int capsule_start(const struct capsule_program *p, pid_t *child, enum capsule_step *step) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    *child = 0;
    *step = CAPSULE_STEP_PROCESS;
    int error = posix_spawnattr_init(&attributes);
    if (error != 0) return error;
    error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#ifdef __APPLE__
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    error = posix_spawnattr_setflags(&attributes, flags);
    if (error == 0) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (error == 0)
        error = p->input >= 0 ? posix_spawn_file_actions_adddup2(&actions, p->input, 0)
                              : posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, p->output, 1);
    if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, p->error, 2);
    if (error == 0 && p->directory) error = posix_spawn_file_actions_addchdir_np(&actions, p->directory);
#ifdef __linux__
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
#endif
    if (error == 0) {
        error = posix_spawn(child, p->path, &actions, &attributes, p->arguments, p->environment);
        if (error != 0) {
            *child = 0;
            *step = p->directory && access(p->directory, X_OK) != 0 ? CAPSULE_STEP_DIRECTORY : CAPSULE_STEP_EXECUTE;
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

#endif

int capsule_prepare_signals(void) {
    struct sigaction action;
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigaction(SIGCHLD, NULL, &action) != 0) return errno;
    int discarded = (action.sa_flags & SA_NOCLDWAIT) != 0 || (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN);
    return discarded && signal(SIGCHLD, SIG_DFL) == SIG_ERR ? errno : 0;
}

int capsule_pipe(int ends[2], int unblocked) {
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0) return errno;
#else
    if (pipe(ends) != 0) return errno;
#endif
    for (int end = 0; end < 2; end++) {
        if (ends[end] <= 2) {
            // Else a child's dup2 would overwrite one end with another.
            int moved = fcntl(ends[end], F_DUPFD_CLOEXEC, 3);
            if (moved < 0) goto failed;
            close(ends[end]);
            ends[end] = moved;
        }
        if (fcntl(ends[end], F_SETFD, FD_CLOEXEC) != 0) goto failed;
        if ((unblocked == end || unblocked == 2) && fcntl(ends[end], F_SETFL, O_NONBLOCK) != 0) goto failed;
    }
    return 0;
failed:;
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    return error;
}

void capsule_widen_pipe(int end, int bytes) {
#ifdef F_SETPIPE_SZ
    (void)fcntl(end, F_SETPIPE_SZ, bytes);
#else
    (void)end, (void)bytes;
#endif
}

int capsule_exit_descriptor(pid_t process) {
#ifdef __linux__
    return (int)syscall(SYS_pidfd_open, process, 0);
#else
    (void)process;
    return -1;
#endif
}

int capsule_has_ended(pid_t process) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == EINTR ? 0 : -1;
    return info.si_pid != 0;
}

int capsule_reap(pid_t process, int wait, int *status) {
    siginfo_t info;
    int result;
    do {
        info.si_pid = 0;
        result = waitid(P_PID, (id_t)process, &info, WEXITED | (wait ? 0 : WNOHANG));
    } while (result != 0 && errno == EINTR);
    if (result != 0) return -1;
    if (info.si_pid == 0) return 0;
    *status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    return 1;
}

void capsule_reap_orphans(void) {
#ifdef __linux__
    pid_t process;
    do {
        process = waitpid(-1, NULL, WNOHANG | __WNOTHREAD);
    } while (process > 0 || (process < 0 && errno == EINTR));
#endif
}
