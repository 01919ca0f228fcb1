internal import ArgumentParser

/// One run of the program: arguments in, an exit status out. Everything that a run prints or changes happens inside.
public enum Program {
    /// Parses the arguments, runs the command, and reports what went wrong.
    public static func run(_ arguments: [String]) async -> Int32 {
        let command: any ParsableCommand
        do {
            command = try Capsule.parseAsRoot(arguments)
        } catch {
            return report(parsing: error, arguments: arguments)
        }
        guard let command = command as? any Subcommand else {
            // `capsule` alone and `capsule help`: running it is how ArgumentParser shows the text.
            var command = command
            do {
                try command.run()
                return ExitStatus.ok.code
            } catch {
                return report(parsing: error, arguments: arguments)
            }
        }
        if command.global.output == .markdown, !command.takesMarkdown {
            return report(
                parsing: ValidationError("this command has no Markdown; use --output text or json"),
                arguments: arguments)
        }
        let console = Console(command.global)
        do {
            let stop = GracefulStop()
            let status = try await Interruption.guarding(stop: command.stopsGracefully ? stop : nil) {
                try await Session.with(command.global, console: console, stop: stop) { try await command.execute($0) }
            }
            return console.finish(status).code
        } catch {
            console.report(error)
            return console.finish(ExitStatus(error)).code
        }
    }

    /// Help and version texts go to stdout with status 0; usage errors to stderr with 64, the number that ArgumentParser
    /// and sysexits.h use.
    private static func report(parsing error: any Error, arguments: [String]) -> Int32 {
        let code = Capsule.exitCode(for: error)
        let text = Capsule.fullMessage(for: error)
        guard code != .success else {
            Console.write(text + "\n", to: .output)
            return ExitStatus.ok.code
        }
        Console.write(text + "\n", to: .error)
        if GlobalOptions.asksForJSON(arguments) {
            Console.write(ErrorOutput(usage: Capsule.message(for: error)).json + "\n", to: .output)
        }
        return ExitStatus.usage.code
    }
}
