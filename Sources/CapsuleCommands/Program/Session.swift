internal import CapsuleCore
internal import OCI
internal import Processes

/// What one run works with: where it prints, how it opens places, how it runs programs.
struct Session: Sendable {
    let console: Console
    let options: GlobalOptions
    let opener: Opener
    let runner: SystemCommandRunner

    /// Runs `body` with a session; what the session opened is closed afterwards.
    static func with<Result: Sendable>(
        _ options: GlobalOptions, console: Console, _ body: @Sendable (Session) async throws -> Result
    ) async throws -> Result {
        try await Opener.with(options, console: console) { opener in
            try await body(
                Session(console: console, options: options, opener: opener, runner: SystemCommandRunner()))
        }
    }
}
