/// The declarations of a command.
struct Schema: Sendable {
    /// The declarations in their order.
    private(set) var declarations: [Declaration] = []
    /// The titles of groups, in the order of declaration.
    private(set) var sections: [String] = []
    /// The groups and the command, innermost first: the order of `validate()`.
    private(set) var parts: [any ParsableArguments] = []
    /// The declaration's index for a name, and false for a negated name.
    private(set) var named: [OptionName: (index: Int, saysYes: Bool)] = [:]
    /// The faults in the declarations, for a test.
    private(set) var faults: [String] = []

    /// Makes a command with its defaults, and its schema.
    static func making<Command: ParsableCommand>(
        _ type: Command.Type
    ) -> (command: any ParsableCommand, schema: Schema) {
        let (command, wrappers) = Wrappers.collecting(type)
        return (command, Schema(command, wrappers))
    }

    init(_ type: any ParsableCommand.Type) { self = Self.making(type).schema }

    private init(_ arguments: any ParsableArguments, _ wrappers: [Wrappers.Content]) {
        collect(arguments, wrappers, section: nil)
        for (index, declaration) in declarations.enumerated() {
            for name in declaration.names { add(name, index, saysYes: true) }
            for name in declaration.negations { add(name, index, saysYes: false) }
        }
        for (argument, next) in zip(positionals, positionals.dropFirst())
        where argument.repeats || (!argument.isRequired && next.isRequired) {
            faults.append("\(next.name) cannot be told from \(argument.name)")
        }
    }

    private mutating func collect(
        _ arguments: any ParsableArguments, _ wrappers: [Wrappers.Content], section: String?
    ) {
        // The compiler puts an underscore before the name of a wrapped property.
        let labels = Mirror(reflecting: arguments).children.compactMap { property in
            property.label.flatMap { $0.utf8.first == UInt8(ascii: "_") ? String($0.dropFirst()) : nil }
        }
        precondition(labels.count == wrappers.count, "\(type(of: arguments)) is not made of its wrappers alone")
        for (label, wrapper) in zip(labels, wrappers) {
            switch wrapper {
            case .declaration(let make):
                var declaration = make(label)
                declaration.section = section
                declarations.append(declaration)
            case .group(let title, let group, let wrappers):
                let section = title.isEmpty ? section : title
                if let section, !sections.contains(section) { sections.append(section) }
                collect(group, wrappers, section: section)
            }
        }
        parts.append(arguments)
    }

    private mutating func add(_ name: OptionName, _ index: Int, saysYes: Bool) {
        guard named[name] == nil, !Self.builtIn.contains(name) else {
            faults.append("\(name) is declared twice")
            return
        }
        named[name] = (index, saysYes)
    }

    /// The options of every command.
    static let builtIn: [OptionName] = [.short("h"), .long("help"), .long("version")]

    /// The arguments, in their order.
    var positionals: [Declaration] { declarations.filter { $0.kind == .argument } }

    /// The long names of options and flags.
    var longNames: [String] {
        (declarations.flatMap { $0.names + $0.negations } + Self.builtIn).compactMap { name in
            if case .long(let long) = name { long } else { nil }
        }
    }
}
