/// The help of a command.
struct HelpText {
    /// The column of the texts, in characters.
    private static let column = 26
    /// The limit for arguments and options in the usage line.
    private static let mostInUsage = 12

    private let node: CommandNode
    private let schema: Schema

    init(_ node: CommandNode) {
        self.node = node
        schema = Schema(node.type)
    }

    /// The help without its last line end.
    var text: String {
        let configuration = node.configuration
        let overview = [configuration.abstract, configuration.discussion].filter { !$0.isEmpty }
        var parts = [wrapped("OVERVIEW: \(overview.joined(separator: "\n\n"))"), "USAGE: \(usage())"]
        parts += section("ARGUMENTS", schema.positionals.map(Self.entry))
        let options = schema.declarations.filter { $0.kind != .argument }
        for title in schema.sections {
            parts += section(title.uppercased(), options.filter { $0.section == title }.map(Self.entry))
        }
        parts += section("OPTIONS", options.filter { $0.section == nil }.map(Self.entry) + Self.builtIn)
        guard node.isBranch else { return parts.joined(separator: "\n\n") + "\n" }
        parts += section(
            "SUBCOMMANDS", node.children.map { Self.entry($0.configuration.commandName, $0.configuration.abstract) })
        let path = ([node.path[0], "help"] + node.path.dropFirst()).joined(separator: " ")
        parts.append("  See '\(path) <subcommand>' for detailed help.")
        return parts.joined(separator: "\n\n")
    }

    /// The usage of the command.
    ///
    /// - Parameter isShort: true to show only required options and arguments.
    func usage(isShort: Bool = false) -> String {
        guard !node.isBranch else { return "\(node.name) <subcommand>" }
        let all = schema.declarations
        guard isShort || all.count > Self.mostInUsage else {
            return ([node.name] + all.map(Self.synopsis)).joined(separator: " ")
        }
        let required = all.filter { $0.kind == .argument || $0.isRequired }.map(Self.synopsis)
        guard !required.isEmpty else { return "\(node.name) <options>" }
        return ([node.name, "[<options>]"] + required).joined(separator: " ")
    }

    private static func synopsis(_ declaration: Declaration) -> String {
        let text = declaration.synopsis + (declaration.repeats ? " ..." : "")
        return declaration.isRequired ? text : "[\(text)]"
    }

    private static let builtIn = [
        entry("--version", "Show the version."), entry("-h, --help", "Show help information."),
    ]

    private func section(_ title: String, _ entries: [String]) -> [String] {
        entries.isEmpty ? [] : ["\(title):\n\(entries.joined(separator: "\n"))"]
    }

    private static func entry(_ declaration: Declaration) -> String {
        var label = declaration.names.map(\.description).joined(separator: ", ")
        if !declaration.negations.isEmpty {
            label += "/\(declaration.negations.map(\.description).joined(separator: ", "))"
        }
        if declaration.kind != .flag { label += (label.isEmpty ? "" : " ") + "<\(declaration.valueName)>" }
        var notes: [String] = []
        if !declaration.values.isEmpty { notes.append("values: \(declaration.values.joined(separator: ", "))") }
        if let text = declaration.defaultText { notes.append("default: \(text)") }
        return entry(label, declaration.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"))
    }

    /// A label and a text that starts at the column, on the same line when the label is short enough.
    private static func entry(_ label: String, _ text: String) -> String {
        let indent = String(repeating: " ", count: column)
        let body = wrapped(text, width: helpWidth - column).split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\n\(indent)")
        let head = "  \(label)"
        return head.count < column
            ? "\(head)\(String(repeating: " ", count: column - head.count))\(body)" : "\(head)\n\(indent)\(body)"
    }
}
