internal import CSpawn

/// Processes that other programs left behind, and that the system gave to this process because it is process 1 or a subreaper.
///
/// `git` leaves its remote helper behind when it fails. As process 1 of a container, nobody else collects the status of such
/// a process, which occupies a number until then; when the limit of processes is reached, no program can be started any more.
package enum OrphanedProcesses {
    /// Collects the status of those that have ended. It must be called on the main thread, after SIGCHLD.
    ///
    /// The system gives orphans to the main thread. Programs are children of the threads of `ProgramStarter`, and a call on
    /// the main thread does not see them, so the status of a watched program is never collected here. Elsewhere than on
    /// Linux, a process cannot be given orphans, except as process 1, and the call does nothing.
    package static func reap() { capsule_reap_orphans() }
}
