import CommandParser
import Testing

@Suite("What a shell may offer")
struct CompletionTests {
    /// The candidates without their help.
    private func candidates(_ words: [String]) -> [String] {
        guard case .text(let text) = Answer(["---complete"] + words) else { return ["not a text"] }
        return text.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }

    @Test("after nothing is every subcommand with its help")
    func bareRequest() {
        let all = """
            pack\tPack things into a box
            ship\tSend a box
            store\tWhat is in store
            yard\tWhat is in the yard
            empty\tDo nothing
            help\tShow help information
            """
        #expect(Answer(["---complete"]) == .text(all))
        #expect(Answer(["---complete", ""]) == .text(all))
    }

    @Test(
        "fits the position and begins with the word",
        arguments: [
            (["s"], ["ship", "store"]), (["-"], ["--help", "--version"]), (["--v"], ["--version"]), (["x"], []),
            (["store", ""], ["list", "generate", "help"]), (["store", "l"], ["list"]), (["bogus", ""], []),
            (["help", "s"], ["ship", "store"]), (["help", "store", ""], ["list", "generate"]),
            (["help", "pack", ""], []),
            (["--bogus", "s"], ["ship", "store"]),
            (["pack", "--to", ""], [":directory"]), (["pack", "--to", "/x"], [":directory"]),
            (["pack", "--to=a"], [":directory"]),
            (["pack", ""], [":file"]), (["pack", "a", "b"], [":file"]), (["pack", "--", "-"], [":file"]),
            (["pack", "--wrapping", ""], [":file svg png"]), (["pack", "--wrapping="], [":file svg png"]),
            (["pack", "--colour", ""], ["red", "green", "blue"]), (["pack", "--colour", "g"], ["green"]),
            (["pack", "--colour="], ["--colour=red", "--colour=green", "--colour=blue"]),
            (["pack", "--colour=b"], ["--colour=blue"]), (["pack", "--bogus="], []), (["pack", "--verbose="], []),
            (["pack", "--label", ""], []),
            (["pack", "--l"], ["--level", "--label"]), (["pack", "--level", "3", "--l"], ["--label"]),
            (["pack", "--level=3", "--l"], ["--label"]), (["pack", "--tag", "a", "--ta"], ["--tag"]),
            (["pack", "--no"], ["--no-close"]), (["pack", "--close", "--no"], []),
            (
                ["pack", "-v", "-"],
                [
                    "--to", "--level", "--colour", "--tag", "--label", "--close", "--no-close", "--max-kg",
                    "--wrapping",
                    "--filling-of-the-box", "--help", "--version",
                ]
            ),
            (["ship", "--weight", ""], []), (["ship", "-w", ""], []), (["ship", "a", "1", "2", ""], []),
            (["empty", ""], []), (["empty", "-"], ["--help", "--version"]),
        ])
    func places(_ words: [String], _ expected: [String]) {
        #expect(candidates(words) == expected, "\(words)")
    }

    @Test("is a script for each shell, with the program's name", arguments: Shell.allCases)
    func scripts(_ shell: Shell) {
        let script = Kit.completionScript(for: shell)
        #expect(script.contains("kit ") && script.contains("_kit") && script.contains("---complete"))
        #expect(!script.contains("PROGRAM"))
    }
}
