// Starts programs, with the calls around it that Swift cannot make, or not safely.
#pragma once
#include <stdint.h>
#include <sys/types.h>

// What to start. `input` may be -1 for an empty standard input; the three descriptors must be greater than 2.
struct capsule_program {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    int input, output, error;
    // Bytes of RLIMIT_AS and RLIMIT_DATA; 0 for none. Held on Linux only.
    uint64_t address_space, data;
    // What is added to the niceness of this process, 0 to 19.
    int niceness;
    // The child itself writes a `capsule_announcement` with this number here, as soon as its group exists.
    int announcements;
    uint64_t number;
};

// The process of a start that has not returned, so that it can be ended when its exec hangs. Linux only.
struct capsule_announcement {
    uint64_t number;
    int64_t process;
};

// The step at which a start failed.
enum capsule_step { CAPSULE_STEP_PROCESS, CAPSULE_STEP_LIMITS, CAPSULE_STEP_DIRECTORY, CAPSULE_STEP_EXECUTE };

// Starts a program as the leader of a session of its own, with nothing open but 0 to 2, no signal blocked and none ignored.
// Returns 0 or errno. `child` is set whenever there is a process to be reaped, after a failure too.
int capsule_start(const struct capsule_program *program, pid_t *child, enum capsule_step *step);

// Makes a broken pipe an error, and resets an inherited "SIGCHLD is ignored", under which the kernel discards every status.
// Returns 0 or errno.
int capsule_prepare_signals(void);

// A pipe whose ends are closed on exec and greater than 2. `unblocked` is the end that must not block: 0 to read, 1 to
// write, -1 for neither, 2 for both. Returns 0 or errno.
int capsule_pipe(int ends[2], int unblocked);

// Enlarges the buffer of a pipe as far as the system allows. Does nothing except on Linux.
void capsule_widen_pipe(int end, int bytes);

// A descriptor that is readable once the process has ended; -1 where there is none.
int capsule_exit_descriptor(pid_t process);

// Checks whether the process has ended, without reaping it: 0, 1, or -1 when it is not a child.
int capsule_has_ended(pid_t process);

// Reaps a process that has ended or, with `wait`, is about to. Returns 1 and the status as shells count it, 0 while it
// runs, -1 when it is not a child.
int capsule_reap(pid_t process, int wait, int *status);

// Reaps the children of the calling thread that have ended. On the main thread, these are processes that the system gave to
// this process, if no program is started on that thread. Does nothing except on Linux.
void capsule_reap_orphans(void);
