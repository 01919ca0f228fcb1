import CommandParser
import Testing

@Suite("Values of a command line")
struct ValueTests {
    @Test("are the defaults where nothing is given")
    func defaults() throws {
        let pack = try parse(Pack.self, "a", "--to", "x")
        #expect(pack.things == ["a"] && pack.to == "x")
        #expect(pack.level == 6 && pack.colour == .red && pack.tag.isEmpty && pack.theLabel == nil)
        #expect(!pack.verbose && pack.close)
        #expect(pack.outside.maxKG == nil && pack.outside.plain.wrapping == nil)
    }

    @Test("are read with space and with =, before and after arguments")
    func everything() throws {
        let pack = try parse(
            Pack.self, "--to=x=y", "a", "--level", "9", "-v", "--colour=blue", "b", "--tag", "p", "--tag=q", "--label",
            "l",
            "--no-close", "--max-kg", "7", "--wrapping=w.svg", "--filling-of-the-box", "paper and air", "c")
        #expect(pack.things == ["a", "b", "c"] && pack.to == "x=y")
        #expect(pack.level == 9 && pack.colour == .blue && pack.tag == ["p", "q"] && pack.theLabel == "l")
        #expect(pack.verbose && !pack.close)
        #expect(pack.outside.maxKG == 7 && pack.outside.plain.wrapping == "w.svg")
        #expect(pack.outside.inside.fillingOfTheBox == "paper and air")
    }

    @Test("are those of the last option when one is repeated")
    func twice() throws {
        let pack = try parse(
            Pack.self, "a", "--to", "x", "--level", "1", "--to=y", "--level=2", "-v", "--verbose", "--no-close",
            "--close")
        #expect(pack.to == "y" && pack.level == 2 && pack.verbose && pack.close)
    }

    @Test("that are invalid are errors even when a valid one follows")
    func badThenGood() {
        #expect(
            Answer(["pack", "a", "--to", "x", "--level", "q", "--level", "2"])
                == .message("--level: \"q\" is not a whole number"))
    }

    @Test("may be a lone dash, and begin with one after = or --")
    func dashes() throws {
        let pack = try parse(Pack.self, "-", "--to", "-", "--", "--level", "-v", "--", "--help")
        #expect(pack.things == ["-", "--level", "-v", "--", "--help"] && pack.to == "-" && pack.level == 6)
        #expect(try parse(Pack.self, "a", "--to=--level").to == "--level")
        #expect(try parse(Pack.self, "a", "--to=-").to == "-")
    }

    @Test("may be negative numbers for numeric options")
    func negativeNumbers() throws {
        #expect(try parse(Pack.self, "a", "--to", "x", "--level", "-5").level == -5)
        #expect(try parse(Pack.self, "a", "--to", "x", "--level=-5").level == -5)
        #expect(try parse(Ship.self, "a", "-3", "--to", "x", "--signer", "s").times == -3)
        #expect(
            Answer(["pack", "a", "--to", "-5"])
                == .message("--to needs a value before \"-5\"; write --to=-5 if that is the value"))
        #expect(Answer(["pack", "-5", "--to", "x"]) == .message("unknown option \"-5\""))
    }

    @Test("of short options follow in every form", arguments: [["-w", "3"], ["-w=3"], ["-w3"], ["--weight", "3"]])
    func shortOptions(_ words: [String]) throws {
        #expect(try parse(Ship.self, ["a", "--to", "x", "--signer", "s"] + words).weight == 3)
    }

    @Test("are cut at the byte of =, whatever follows it")
    func combiningMarks() throws {
        // With the mark, "=" is another character.
        #expect(try parse(Pack.self, "a", "--to=\u{301}x").to == "\u{301}x")
        #expect(Answer(["pack", "--\u{301}x"]) == .message("unknown option \"--\u{301}x\""))
    }

    @Test("belong to one run: the next begins with the defaults")
    func separateRuns() throws {
        let first = try parse(Pack.self, "a", "--to", "x", "--tag", "p", "-v")
        let second = try parse(Pack.self, "b", "--to", "y")
        #expect(first.things == ["a"] && first.tag == ["p"] && first.verbose)
        #expect(second.things == ["b"] && second.tag.isEmpty && !second.verbose)
    }

    @Test("may have a megabyte, in every place", .timeLimit(.minutes(1)))
    func longWords() throws {
        let long = String(repeating: "x", count: 1 << 20)
        #expect(try parse(Pack.self, long, "--to", long).things[0].utf8.count == 1 << 20)
        #expect(try parse(Pack.self, "a", "--to=\(long)").to.utf8.count == 1 << 20)
        for words in [
            [long], ["--\(long)"], ["-\(long)"], ["help", long], ["pack", "--\(long)"], ["pack", "-\(long)"],
            ["pack", "a", "--level", long], ["pack", "a", "--colour=\(long)"], ["empty", long],
            ["pack", "a", "-v=\(long)"],
            ["pack", "--to", "-\(long)"], ["–\(long)"], ["empty", "–\(long)"],
        ] {
            guard case .message(let message) = Answer(words) else {
                Issue.record("\(words[0].prefix(20)) was taken")
                continue
            }
            #expect(message.utf8.count < 1_000)
        }
    }

    @Test("are appended in place: 200,000 arguments are fast")
    func manyWords() throws {
        let words = ["--to", "x"] + (0..<100_000).flatMap { ["--tag=a", "\($0)"] }
        let began = ContinuousClock.now
        let pack = try parse(Pack.self, words)
        let took = ContinuousClock.now - began
        #expect(pack.things.count == 100_000 && pack.tag.count == 100_000)
        // A copy for each of them takes minutes.
        #expect(took < .seconds(20), "\(took)")
        print("200,000 words took \(took)")
    }
}
