/// A flag: given or not.
@propertyWrapper
public struct Flag: Sendable {
    private let content: WrapperContent
    private let cell: ValueCell<Bool>

    /// Whether it is given, else the default.
    public var wrappedValue: Bool { cell.current }

    private init(_ initial: Bool, _ name: NameSpecification, inversion: FlagInversion?, _ help: ArgumentHelp?) {
        let cell = ValueCell(initial: initial)
        self.cell = cell
        content = WrapperContent(
            .declaration { label in
                let names = name.names(for: label)
                let negations = inversion == nil ? [] : names.compactMap(\.negation)
                let shown = (initial ? names : negations).last?.description
                return Declaration(
                    kind: .flag, names: names, negations: negations, valueName: kebabCase(label),
                    help: help?.abstract ?? "", defaultText: inversion == nil ? nil : shown,
                    accept: { cell.set($0 == "true") })
            })
    }

    /// A flag that says yes.
    public init(wrappedValue: Bool, name: NameSpecification = .long, help: ArgumentHelp? = nil) {
        self.init(wrappedValue, name, inversion: nil, help)
    }

    /// A flag that says yes or no; the last one counts.
    public init(
        wrappedValue: Bool, name: NameSpecification = .long, inversion: FlagInversion, help: ArgumentHelp? = nil
    ) {
        self.init(wrappedValue, name, inversion: inversion, help)
    }
}

/// How a flag says no.
public enum FlagInversion: Sendable {
    /// As in `--no-sign`.
    case prefixedNo
}

extension OptionName {
    fileprivate var negation: OptionName? {
        guard case .long(let name) = self else { return nil }
        return .long("no-\(name)")
    }
}
