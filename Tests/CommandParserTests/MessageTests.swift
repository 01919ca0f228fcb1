import CommandParser
import Testing

@Suite("Messages about command lines")
struct MessageTests {
    @Test(
        "name what is wrong and what was meant",
        arguments: [
            // Subcommands.
            ("verfy", "kit has no subcommand \"verfy\""),
            ("pakc", "kit has no subcommand \"pakc\"; did you mean pack?"),
            ("PACK", "kit has no subcommand \"PACK\"; did you mean pack?"),
            ("sto", "kit has no subcommand \"sto\"; did you mean store?"),
            ("hlep", "kit has no subcommand \"hlep\"; did you mean help?"),
            (
                "generate",
                "kit has no subcommand \"generate\"; did you mean `kit store generate` or `kit yard generate`?"
            ),
            ("generat", "kit has no subcommand \"generat\"; did you mean `kit store generate` or `kit yard generate`?"),
            ("store lsit", "kit store has no subcommand \"lsit\"; did you mean list?"),
            ("verfy --help", "kit has no subcommand \"verfy\""),
            ("help pakc", "kit has no subcommand \"pakc\"; did you mean pack?"),
            ("help pack x", "kit pack has no subcommands; leave \"x\" out"),
            ("store help lst", "kit store has no subcommand \"lst\"; did you mean list?"),
            ("- pack", "kit has no subcommand \"-\""),
            ("-- pack", "kit has no subcommand \"--\""),
            ("–-version", "kit has no subcommand \"–-version\", whose dash is not the - of options; write --version"),
            // Options before the subcommand.
            ("--level 3 pack", "--level goes after the subcommand, as in `kit pack --level`"),
            ("--to x ship", "--to goes after the subcommand, as in `kit ship --to`"),
            ("--to=x pack", "--to goes after the subcommand, as in `kit pack --to`"),
            ("-v pack", "-v goes after the subcommand, as in `kit pack -v`"),
            ("store --all list", "--all goes after the subcommand, as in `kit store list --all`"),
            ("--vesion", "unknown option \"--vesion\"; did you mean --version?"),
            ("--bogus", "unknown option \"--bogus\""),
            ("--help=x", "--help takes no value; leave =x out"),
            // Unknown options.
            ("pack a --levle 3 --to x", "unknown option \"--levle\"; did you mean --level?"),
            ("pack a --levle=3 --to x", "unknown option \"--levle\"; did you mean --level?"),
            ("pack a --Level 3 --to x", "unknown option \"--Level\"; did you mean --level?"),
            ("pack a --fill x", "unknown option \"--fill\"; did you mean --filling-of-the-box?"),
            ("pack a --no-clsoe", "unknown option \"--no-clsoe\"; did you mean --no-close?"),
            ("pack a --something-else-entirely", "unknown option \"--something-else-entirely\""),
            ("pack a -x", "unknown option \"-x\""),
            ("pack a -vx", "unknown option \"-x\" in \"-vx\""),
            ("pack a -level 3", "unknown option \"-level\"; write --level with two dashes"),
            ("pack a -help", "unknown option \"-help\"; write --help with two dashes"),
            ("pack a --version=2", "--version takes no value; leave =2 out"),
            ("pack a ---to x", "unknown option \"---to\"; did you mean --to?"),
            ("pack --=x", "unknown option \"--\""),
            // Values that are missing, empty or too many.
            ("pack a --to", "--to needs a value: --to <dir>"),
            ("pack a --to --level 3", "--to needs a value before \"--level\"; write --to=--level if that is the value"),
            ("pack a --to -- x", "--to needs a value before \"--\"; write --to=-- if that is the value"),
            ("pack a --to -x", "--to needs a value before \"-x\"; write --to=-x if that is the value"),
            ("pack a --to=", "--to needs a value that is not empty: --to <dir>"),
            ("pack a --level=", "--level needs a value that is not empty: --level <n>"),
            ("pack a --tag= --to x", "--tag needs a value that is not empty: --tag <tag>"),
            ("pack a --verbose=yes --to x", "--verbose takes no value; leave =yes out"),
            ("pack a --close=no --to x", "--close takes no value; leave =no out"),
            ("pack a -v=1 --to x", "-v takes no value; leave =1 out"),
            ("ship a 1 2 --to x --signer s", "\"2\" is one argument too many: kit ship takes <box> and <n> alone"),
            ("store list all", "\"all\" is one argument too many: kit store list takes options only"),
            ("empty x", "\"x\" is one argument too many: kit empty takes options only"),
            (
                "ship a 1 --to x --signer b c",
                "\"c\" is one argument too many: kit ship takes <box> and <n> alone; "
                    + "for more values of --signer, write --signer c"
            ),
            ("store list —all", "\"—all\" begins with a dash that is not the - of options; write --all"),
            ("pack –to x", "\"–to\" begins with a dash that is not the - of options; write --to"),
            ("pack −v", "\"−v\" begins with a dash that is not the - of options; write -v"),
            ("pack –to=x", "\"–to=x\" begins with a dash that is not the - of options; write --to=x"),
            // Conversions.
            ("pack a --to x --level abc", "--level: \"abc\" is not a whole number"),
            ("pack a --to x --level 1.5", "--level: \"1.5\" is not a whole number"),
            ("pack a --to x --level 99999999999999999999", "--level: \"99999999999999999999\" is too large a number"),
            ("pack a --to x --colour gren", "--colour: \"gren\" is not red, green or blue; did you mean green?"),
            ("pack a --to x --colour violet", "--colour: \"violet\" is not red, green or blue"),
            ("pack a --to x --tag A1", "--tag: \"A1\" is not a tag"),
            ("pack a --to x --label A1", "--label: \"A1\" is not a tag"),
            ("ship A1 --to x --signer s", "<box>: \"A1\" is not a tag"),
            ("ship a b --to x --signer s", "<n>: \"b\" is not a whole number"),
            // What is missing.
            ("pack", "missing <thing> and --to <dir>"),
            ("pack a", "missing --to <dir>"),
            ("ship", "missing <box>, --to <place> and --signer <name>"),
            // Validation.
            ("pack a --to x --level 10", "--level 10 is not from 0 to 9"),
        ])
    func messages(_ line: String, _ message: String) {
        #expect(Answer(line.split(separator: " ").map(String.init)) == .message(message))
    }

    @Test(
        "report one of several mistakes, by kind and then from the left",
        arguments: [
            // An unknown option goes before a bad value to its left, and that before what is missing.
            ("ship A1 --level x --bogus", "unknown option \"--level\""),
            ("ship A1 --weight x", "<box>: \"A1\" is not a tag"),
            ("ship a --weight x", "--weight: \"x\" is not a whole number"),
            ("pack --colour x --level y", "--colour: \"x\" is not red, green or blue"),
            ("pack a --level 10 --max-kg=-1", "missing --to <dir>"),
            // A group's own check goes before that of the command.
            ("pack a --to x --level 10 --max-kg -1", "--max-kg -1 is less than nothing"),
        ])
    func precedence(_ line: String, _ message: String) {
        #expect(Answer(line.split(separator: " ").map(String.init)) == .message(message))
    }

    @Test("reject an empty argument and an empty value in every form")
    func emptyWords() {
        #expect(Answer([""]) == .message("kit has no subcommand \"\""))
        #expect(Answer(["pack", "", "--to", "x"]) == .message("<thing> is empty"))
        #expect(Answer(["pack", "a", "--to", ""]) == .message("--to needs a value that is not empty: --to <dir>"))
        #expect(Answer(["pack", "a", "--to="]) == .message("--to needs a value that is not empty: --to <dir>"))
        #expect(Answer(["pack", "--", ""]) == .message("<thing> is empty"))
        #expect(Answer(["help", ""]) == .message("kit has no subcommand \"\""))
    }

    @Test(
        "show no control character, and only the beginning of a long word",
        arguments: [
            ("a\u{1b}[31mb\r\n", "a\\u{1b}[31mb\\u{d}\\u{a}"),
            ("a\u{202e}b\u{200b}", "a\\u{202e}b\\u{200b}"),
            ("\u{85}\u{2028}\u{e000}\u{feff}", "\\u{85}\\u{2028}\\u{e000}\\u{feff}"),
            ("grün 日本 👍", "grün 日本 👍"),
            (String(repeating: "é", count: 101), String(repeating: "é", count: 100) + "…"),
        ])
    func quoting(_ word: String, _ shown: String) {
        #expect(Answer([word]) == .message("kit has no subcommand \"\(shown)\""))
        #expect(
            Answer(["empty", word])
                == .message("\"\(shown)\" is one argument too many: kit empty takes options only"))
    }

    @Test("show the usage and the command for help")
    func wholeText() {
        let error = #expect(throws: CommandLineError.self) { try Kit.parse(["pack", "--bogus"]) }
        #expect(
            error?.description == """
                kit: unknown option "--bogus"
                Usage: kit pack [<options>] <thing> ... --to <dir>
                  See 'kit pack --help' for more information.
                """)
        let top = #expect(throws: CommandLineError.self) { try Kit.parse(["bogus"]) }
        #expect(
            top?.description == """
                kit: kit has no subcommand "bogus"
                Usage: kit <subcommand>
                  See 'kit --help' for more information.
                """)
    }

    @Test("can be made for a command after parsing")
    func laterErrors() throws {
        guard case .command(let command) = try Kit.parse(["store", "list"]) else { throw ValidationError("a text") }
        #expect(
            Kit.error("there is nothing", in: command).description == """
                kit: there is nothing
                Usage: kit store list <options>
                  See 'kit store list --help' for more information.
                """)
    }
}
