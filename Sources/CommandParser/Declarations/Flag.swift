/// A flag without a value.
@propertyWrapper
package struct Flag: Sendable {
    private let cell: ValueCell<Bool>

    /// True when the flag is given; otherwise the default.
    package var wrappedValue: Bool { cell.current }

    private init(_ initial: Bool, _ name: NameSpecification, inversion: FlagInversion?, _ help: ArgumentHelp?) {
        let cell = ValueCell(initial: initial)
        self.cell = cell
        Wrappers.add(
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

    /// A flag that is false by default.
    package init(wrappedValue: Bool, name: NameSpecification = .long, help: ArgumentHelp? = nil) {
        self.init(wrappedValue, name, inversion: nil, help)
    }

    /// A flag with a negated form; the last one counts.
    package init(
        wrappedValue: Bool, name: NameSpecification = .long, inversion: FlagInversion, help: ArgumentHelp? = nil
    ) {
        self.init(wrappedValue, name, inversion: inversion, help)
    }
}

/// The negated form of a flag.
package enum FlagInversion: Sendable {
    /// A prefix, as in `--no-sign`.
    case prefixedNo
}

extension OptionName {
    fileprivate var negation: OptionName? {
        guard case .long(let name) = self else { return nil }
        return .long("no-\(name)")
    }
}
