@testable import CommandParser

extension FuzzTarget {
    /// Words of a command line, separated by NUL: the result is the same each time, and no message contains control characters.
    static let arguments = FuzzTarget(name: "arguments") { bytes throws(Finding) in
        var words: [String] = []
        for (position, word) in bytes.split(separator: 0, omittingEmptySubsequences: false).enumerated() {
            do throws(ArgumentVector.NotText) {
                words.append(try ArgumentVector.word(Array(word), position: position + 1))
            } catch {
                try checkPrintable(error.description)
                return
            }
        }
        let answer = answer(to: words)
        let again = Self.answer(to: words)
        try Finding.unless(again == answer, "first \(answer), then \(again)")
        try checkPrintable(answer)
        // The request of a shell for completions.
        if case .text = try? Tool.parse([CompletionScript.request] + words) { return }
        throw Finding("no answer to a shell")
    }

    private static func answer(to words: [String]) -> String {
        do throws(CommandLineError) {
            switch try Tool.parse(words) {
            case .text(let text): return text
            case .command(let command): return "\(type(of: command))"
            }
        } catch {
            return error.description
        }
    }

    private static func checkPrintable(_ text: String) throws(Finding) {
        for scalar in text.unicodeScalars where scalar != "\n" {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                throw Finding("U+\(String(scalar.value, radix: 16)) in: \(text)")
            default: break
            }
        }
    }
}

/// A program with every way to declare something.
private struct Tool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tool", abstract: "Do things.", version: "1", subcommands: [Make.self, Show.self])

    struct Make: ParsableCommand {
        enum Colour: String, CaseIterable, ExpressibleByArgument {
            case red
            case green
        }

        static let configuration = CommandConfiguration(commandName: "make", abstract: "Make a thing.")

        @Argument(help: "What to make.") var things: [String]
        @Option(help: "Where.") var to: String
        @Option(help: "How many.") var count = 1
        @Option(help: "The colour.") var colour = Colour.red
        @Option(help: "Words.") var tag: [String] = []
        @Flag(name: [.customShort("v"), .long], help: "Say more.") var verbose = false
        @Flag(inversion: .prefixedNo, help: "Whether to close.") var close = true
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show things.", subcommands: [One.self])

        struct One: ParsableCommand {
            static let configuration = CommandConfiguration(commandName: "one", abstract: "Show one.")

            @Argument(help: "Which.") var thing: String
            @Argument(help: "Another.") var other: String?
        }
    }
}
