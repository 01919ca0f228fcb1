import CapsuleCommands
import CapsuleCore
import CapsuleTestSupport
import CommandParser
import DeliveryConfiguration
import Processes
import Testing

@Suite("The help of every command", .timeLimit(.minutes(2)))
struct HelpTests {
    /// The words that lead to every command, the program's name left out.
    private static let paths = paths(below: Capsule.self, [])

    private static func paths(below command: any ParsableCommand.Type, _ path: [String]) -> [[String]] {
        [path]
            + command.configuration.subcommands.flatMap { child in
                paths(below: child, path + [child.configuration.commandName])
            }
    }

    @Test("is what it was, however it is wanted", arguments: paths)
    func golden(path: [String]) async throws {
        let outcome = try await CapsuleProgram.run(path + ["--help"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        try expectGolden(outcome.output, "help/\((["capsule"] + path).joined(separator: "-")).txt")
        let help = try await CapsuleProgram.run(["help"] + path)
        #expect(help.status == 0 && help.output == outcome.output)
    }

    @Test("has an example, where the command does something")
    func examples() {
        for path in Self.paths {
            var command: any ParsableCommand.Type = Capsule.self
            for word in path {
                guard
                    let child = command.configuration.subcommands.first(where: { $0.configuration.commandName == word })
                else { continue }
                command = child
            }
            let configuration = command.configuration
            guard configuration.subcommands.isEmpty else { continue }
            let example = "\n  \((["capsule"] + path).joined(separator: " "))"
            #expect(
                configuration.discussion.contains(example) || configuration.discussion.contains("$(capsule completion"),
                "\(path)")
        }
    }

    @Test("has declarations that make sense")
    func declarations() {
        #expect(Self.paths.count == 36)
        #expect(Capsule.declarationFaults().isEmpty)
    }

    @Test(
        "and the version are failures when they cannot be written",
        arguments: ["--help", "--version", "keys", "completion bash"])
    func fullDisk(arguments: String) async throws {
        let outcome = try await Tool.run(["sh", "-c", "\"$0\" \(arguments) >/dev/full", CapsuleProgram.path])
        #expect(outcome.status == 1)
        #expect(outcome.errorOutput.contains("could not be written to standard output"))
    }
}
