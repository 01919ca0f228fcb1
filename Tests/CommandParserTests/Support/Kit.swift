import CommandParser

/// A program for the tests, with every way to declare something.
struct Kit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kit", abstract: "Pack things.",
        discussion: """
            A THING is anything at all that has a name and a size, and that can be packed with other things into a box.

            Exit status: 0 ok.
            """,
        version: "1.2.3", subcommands: [Pack.self, Ship.self, Store.self, Yard.self, Empty.self])
}

enum Colour: String, CaseIterable, ExpressibleByArgument {
    case red
    case green
    case blue
}

/// A word of lowercase letters.
func readTag(_ text: String) throws -> String {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) else {
        throw ValidationError("\"\(text.prefix(8))\" is not a tag")
    }
    return text
}

struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Pack things into a box.",
        discussion: """
            Example:
              kit pack a b --to box
            """)

    @Argument(help: ArgumentHelp("What to pack; repeat it for more.", valueName: "thing"), completion: .file())
    var things: [String]

    @Option(
        help: ArgumentHelp("The directory to make: it must not be there yet.", valueName: "dir"), completion: .directory
    )
    var to: String

    @Option(help: ArgumentHelp("How hard to press.", valueName: "n"))
    var level = 6

    @Option(help: "The colour.")
    var colour = Colour.red

    @Option(help: "A tag; repeat it for more.", transform: readTag)
    var tag: [String] = []

    @Option(name: .customLong("label"), help: "The label.", transform: readTag)
    var theLabel: String?

    @Flag(name: [.customShort("v"), .long], help: "Say more.")
    var verbose = false

    @Flag(inversion: .prefixedNo, help: "Whether to close the box.")
    var close = true

    @OptionGroup(title: "Outside") var outside: Outside

    func validate() throws {
        if level > 9 { throw ValidationError("--level \(level) is not from 0 to 9") }
    }
}

struct Outside: ParsableArguments {
    @Option(help: ArgumentHelp("The most kilograms.", valueName: "kg"))
    var maxKG: Int?

    @OptionGroup var plain: Plain
    @OptionGroup(title: "Inside") var inside: Inside

    func validate() throws {
        if let maxKG, maxKG < 0 { throw ValidationError("--max-kg \(maxKG) is less than nothing") }
    }
}

struct Plain: ParsableArguments {
    @Option(help: ArgumentHelp("The wrapping.", valueName: "file"), completion: .file(extensions: ["svg", "png"]))
    var wrapping: String?
}

struct Inside: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to fill the box with: shavings, paper, or what is there where nothing else is given.",
            valueName: "filling")
    )
    var fillingOfTheBox: String?
}

struct Ship: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ship", abstract: "Send a box.")

    @Argument(help: ArgumentHelp("The box.", valueName: "box"), transform: readTag)
    var box: String

    @Argument(help: ArgumentHelp("How many times.", valueName: "n"))
    var times: Int?

    @Option(help: ArgumentHelp("Where to.", valueName: "place"))
    var to: String

    @Option(name: [.customShort("w"), .long], help: ArgumentHelp("The weight.", valueName: "kg"))
    var weight = 1

    @Option(help: ArgumentHelp("Who must sign.", valueName: "name"))
    var signer: [String]
}

struct Store: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "What is in store.", subcommands: [StoreList.self, StoreGenerate.self])
}

struct StoreList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show it.")

    @Flag(help: "All of it.") var all = false
}

struct StoreGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "generate", abstract: "Make some.")
}

struct Yard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yard", abstract: "What is in the yard.", subcommands: [YardGenerate.self])
}

struct YardGenerate: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "generate", abstract: "Grow some.")
}

struct Empty: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "empty", abstract: "Do nothing.")
}

/// The result of a command line: the command, a text, or the message of an error.
enum Answer: Equatable {
    case command(String)
    case text(String)
    case message(String)

    init(_ words: [String]) {
        do throws(CommandLineError) {
            switch try Kit.parse(words) {
            case .command(let command): self = .command("\(type(of: command))")
            case .text(let text): self = .text(text)
            }
        } catch {
            self = .message(error.message)
        }
    }
}

/// Reads a command line of one command.
func parse<Command: ParsableCommand>(_ type: Command.Type, _ words: String...) throws -> Command {
    try parse(type, words)
}

/// Reads a command line of one command.
func parse<Command: ParsableCommand>(_ type: Command.Type, _ words: [String]) throws -> Command {
    guard case .command(let command) = try Command.parse(words), let command = command as? Command else {
        throw ValidationError("this is a text")
    }
    return command
}
