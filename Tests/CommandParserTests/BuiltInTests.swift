import CommandParser
import Testing

@Suite("Help and version")
struct BuiltInTests {
    @Test(
        "the version is printed at every level",
        arguments: ["--version", "store --version", "pack --version", "store list a --version"])
    func version(_ line: String) {
        #expect(Answer(line.split(separator: " ").map(String.init)) == .text("1.2.3"))
    }

    @Test(
        "help is printed for every form of request",
        arguments: [
            ("", "Pack things."), ("help", "Pack things."), ("--help", "Pack things."), ("-h", "Pack things."),
            ("help help", "Pack things."), ("help --help", "Pack things."), ("--bogus --help", "Pack things."),
            ("store", "What is in store."), ("store help", "What is in store."), ("store -h", "What is in store."),
            ("help store", "What is in store."), ("store help help", "What is in store."),
            ("store list --help", "Show it."), ("store list -h", "Show it."), ("help store list", "Show it."),
            ("store help list", "Show it."), ("help store list -h", "Show it."),
            ("pack -vh", "Pack things into a box."), ("pack -hv", "Pack things into a box."),
            ("pack --bogus --level x --help", "Pack things into a box."),
            ("pack --to --help", "Pack things into a box."),
            ("pack --help --version", "Pack things into a box."),
        ])
    func help(_ line: String, _ abstract: String) {
        guard case .text(let text) = Answer(line.split(separator: " ").map(String.init)) else {
            Issue.record("\(line) is not answered with a text")
            return
        }
        #expect(text.hasPrefix("OVERVIEW: \(abstract)\n"), "\(text)")
    }

    @Test("they do not apply after --, or as a value after =")
    func afterTheEnd() throws {
        #expect(
            try parse(Pack.self, "--to", "x", "--", "--help", "-h", "--version").things == [
                "--help", "-h", "--version",
            ])
        #expect(try parse(Pack.self, "a", "--to=--help").to == "--help")
        #expect(Answer(["pack", "-xh"]) == .message("unknown option \"-x\" in \"-xh\""))
    }

    @Test("a command's help has its text from column 26 and breaks lines at 80")
    func layout() {
        #expect(
            Answer(["pack", "--help"])
                == .text(
                    """
                    OVERVIEW: Pack things into a box.

                    Example:
                      kit pack a b --to box

                    USAGE: kit pack <thing> ... --to <dir> [--level <n>] [--colour <colour>] [--tag <tag> ...] [--label <label>] \
                    [--verbose] [--close] [--max-kg <kg>] [--wrapping <file>] [--filling-of-the-box <filling>]

                    ARGUMENTS:
                      <thing>                 What to pack; repeat it for more.

                    OUTSIDE:
                      --max-kg <kg>           The most kilograms.
                      --wrapping <file>       The wrapping.

                    INSIDE:
                      --filling-of-the-box <filling>
                                              What to fill the box with: shavings, paper, or what
                                              is there where nothing else is given.

                    OPTIONS:
                      --to <dir>              The directory to make: it must not be there yet.
                      --level <n>             How hard to press. (default: 6)
                      --colour <colour>       The colour. (values: red, green, blue; default: red)
                      --tag <tag>             A tag; repeat it for more.
                      --label <label>         The label.
                      -v, --verbose           Say more.
                      --close/--no-close      Whether to close the box. (default: --close)
                      --version               Show the version.
                      -h, --help              Show help information.

                    """))
    }

    @Test("the help of a command with subcommands lists them")
    func branchLayout() {
        #expect(
            Answer([])
                == .text(
                    """
                    OVERVIEW: Pack things.

                    A THING is anything at all that has a name and a size, and that can be packed
                    with other things into a box.

                    Exit status: 0 ok.

                    USAGE: kit <subcommand>

                    OPTIONS:
                      --version               Show the version.
                      -h, --help              Show help information.

                    SUBCOMMANDS:
                      pack                    Pack things into a box.
                      ship                    Send a box.
                      store                   What is in store.
                      yard                    What is in the yard.
                      empty                   Do nothing.

                      See 'kit help <subcommand>' for detailed help.
                    """))
    }

    @Test("the declarations of the sample are valid, and faults are found")
    func faults() {
        #expect(Kit.declarationFaults().isEmpty)
        #expect(
            Wrong.declarationFaults() == [
                "wrong: --name is declared twice", "wrong: --help is declared twice",
                "wrong: <last> cannot be told from <rest>",
            ])
    }

    private struct Wrong: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "wrong", abstract: "")
        @Option(help: "A name.") var name: String?
        @Option(name: .customLong("name")) var other: String?
        @Flag var help = false
        @Argument var rest: [String] = []
        @Argument(help: "The last.") var last: String
    }
}
