/// The names of an option or a flag. The help shows them in this order, and messages use the last.
package struct NameSpecification: Sendable, ExpressibleByArrayLiteral {
    /// One name.
    package enum Element: Sendable {
        /// `--` and the property's name in kebab case: `tagTTL` is `--tag-ttl`, and `runID` is `--run-id`.
        case long
        /// `--` and this name.
        case customLong(String)
        /// `-` and this letter.
        case customShort(Character)
    }

    private let elements: [Element]

    /// Makes a specification of one or more names.
    package init(arrayLiteral elements: Element...) { self.elements = elements }

    /// `--` and the property's name in kebab case.
    package static let long: NameSpecification = [.long]
    /// `--` and this name.
    package static func customLong(_ name: String) -> NameSpecification { [.customLong(name)] }

    func names(for label: String) -> [OptionName] {
        elements.map { element in
            switch element {
            case .long: .long(kebabCase(label))
            case .customLong(let name): .long(name)
            case .customShort(let letter): .short(letter)
            }
        }
    }
}

/// One name of an option or a flag.
enum OptionName: Hashable, Sendable, CustomStringConvertible {
    case long(String)
    case short(Character)

    var description: String {
        switch self {
        case .long(let name): "--\(name)"
        case .short(let letter): "-\(letter)"
        }
    }
}

/// A property's name in kebab case: `caFile` is `ca-file`, `tagTTL` is `tag-ttl`, `runID` is `run-id`.
func kebabCase(_ label: String) -> String {
    var result = ""
    let letters = Array(label)
    for (index, letter) in letters.enumerated() {
        if letter.isUppercase, index > 0 {
            let isBeforeLowercase = index + 1 < letters.count && letters[index + 1].isLowercase
            // The last capital of a row begins the next word, as in `caURLFile`.
            if !letters[index - 1].isUppercase || isBeforeLowercase { result.append("-") }
        }
        result.append(contentsOf: letter.lowercased())
    }
    return result
}
