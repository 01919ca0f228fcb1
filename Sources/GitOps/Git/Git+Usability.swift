internal import Processes
internal import Support

extension Git {
    /// The answer to whether Git can be run on this machine.
    package enum Usability: Sendable, Equatable {
        case usable
        /// Git is missing, or fails.
        case unusable(String)
        /// No process can be started: a limit is reached.
        case unstartable(String)
    }

    /// The deadline of the attempt: Git prints its version in milliseconds.
    private static let versionDeadline: Duration = .seconds(10)

    /// Starts Git to see whether that is possible.
    package func usability() async -> Usability {
        let command = Command(
            "git", ["--version"], environment: base, outputLimit: 4 << 10, deadline: Self.versionDeadline)
        do {
            let result = try await runner.run(command)
            return result.succeeded ? .usable : .unusable("git --version ended with status \(result.status)")
        } catch let error as CommandError {
            switch error.code {
            case .notFound: return .unusable("there is no git on PATH; install Git 2.34 or newer")
            case .failed: return .unstartable(error.description)
            case .deadline, .outputLimit: return .unusable(error.description)
            }
        } catch {
            return .usable  // the task is cancelled
        }
    }

    /// The program that a remote requires and that this machine does not have; nil when there is none.
    package func missingProgram(for remote: GitRemote) -> String? {
        guard remote.transport == .ssh, network["GIT_SSH"] == nil, network["GIT_SSH_COMMAND"] == nil else { return nil }
        return runner.find("ssh") == nil ? "ssh" : nil
    }
}
