internal import CommandParser
internal import HTTPClient
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The program: parses arguments, runs a command, and returns an exit status.
package enum Program {
    /// Runs the command line of this process and exits. It must be called first, on the main thread.
    package static func main() -> Never {
        StandardStreams.secure()
        Interruption.block()
        if let problem = StartConditions.problem {
            let arguments = Array(CommandLine.arguments.dropFirst())
            exit(report(problem, text: "capsule: \(problem)", arguments, .failure))
        }
        Task.detached { exit(await run()) }
        Interruption.watch()
    }

    private static func run() async -> Int32 {
        do throws(ArgumentVector.NotText) {
            return await run(try ArgumentVector.words())
        } catch {
            return reportUsage("\(error)", text: "capsule: \(error)", Array(CommandLine.arguments.dropFirst()))
        }
    }

    /// Parses the arguments, runs the command, and reports errors.
    package static func run(_ arguments: [String]) async -> Int32 {
        if Capsule.expectsRequests(arguments) { HTTPClient.preload() }
        do throws(CommandLineError) {
            switch try Capsule.parse(arguments) {
            case .text(let text): return Console.printed(text).code
            case .command(let command):
                guard let command = command as? any Subcommand else {
                    preconditionFailure("\(type(of: command)) has no subcommands, and does nothing itself")
                }
                if command.global.output == .markdown, !command.takesMarkdown {
                    throw Capsule.error(
                        "this command does not support markdown; use --output text or json", in: command)
                }
                return await run(command).code
            }
        } catch {
            return reportUsage(error.message, text: "\(error)", arguments)
        }
    }

    private static func run(_ command: any Subcommand) async -> ExitStatus {
        let console = Console(command.global, log: command.log)
        do {
            let stop = GracefulStop()
            let status = try await Interruption.guarding(stop: command.stopsGracefully ? stop : nil) {
                try await Session.with(
                    command.global, console: console, stop: stop, readsRegistry: command.readsRegistry
                ) { try await command.execute($0) }
            }
            return console.finish(status)
        } catch {
            console.report(error)
            return console.finish(ExitStatus(error))
        }
    }

    private static func reportUsage(_ message: String, text: String, _ arguments: [String]) -> Int32 {
        report("\(message); see `capsule serve --help`", text: text, arguments, .usage, json: message)
    }

    /// Reports an error that was found before a command runs: on stderr, and in JSON mode as an object on stdout. An error of
    /// `serve` is written to its JSON log.
    private static func report(
        _ message: String, text: String, _ arguments: [String], _ status: ExitStatus, json: String? = nil
    ) -> Int32 {
        if arguments.first == ObservationOptions.command {
            ErrorOutput(usage: message).write(to: ObservationOptions.usageLog)
        } else {
            Console.write(text.escapedForDisplay(keepingLines: true) + "\n", to: .error)
        }
        if GlobalOptions.requestsJSON(arguments) {
            Console.write(ErrorOutput(usage: json ?? message).json + "\n", to: .output)
        }
        return status.code
    }
}
