internal import Support

/// An advisory lock on a file, held by one process at a time. The system releases it when that process ends.
enum FileLock {
    /// The maximum wait for another process, longer than the deadline of a fetch.
    static let patience: Duration = Git.remoteDeadline + .seconds(30)

    /// Runs `body` while holding the lock on the file at `path`, which is created when it does not exist.
    static func holding<Result: Sendable>(
        _ path: String, _ body: () async throws -> Result
    ) async throws -> Result {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try SystemCall.open(path, [.readWrite, .create], mode: 0o600)
        } catch {
            throw GitError(.gitFailed, "the lock \(quoted(path)) cannot be opened: \(error.text)", cause: error)
        }
        defer { SystemCall.close(descriptor) }
        let start = ContinuousClock.now
        var pause: Duration = .milliseconds(2)
        while try !isLocked(descriptor, path) {
            guard ContinuousClock.now - start < patience else {
                throw GitError(
                    .gitFailed, "another process has held \(quoted(path)) for \(patience); check whether it is stuck")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
        return try await body()
    }

    private static func isLocked(_ descriptor: Int32, _ path: String) throws(GitError) -> Bool {
        do throws(SystemError) {
            return try SystemCall.tryLock(descriptor)
        } catch {
            throw GitError(.gitFailed, "\(quoted(path)) cannot be locked: \(error.text)", cause: error)
        }
    }
}
