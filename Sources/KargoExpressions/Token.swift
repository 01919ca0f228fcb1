/// A word of an expression.
struct Token: Equatable {
    enum Kind: Equatable {
        case name, number, string, `operator`, bracket, end
    }

    let kind: Kind
    /// The text; of a string, what it stands for.
    let text: String
    let offset: Int

    func isOperator(_ text: String) -> Bool { kind == .operator && self.text == text }
    func isBracket(_ text: String) -> Bool { kind == .bracket && self.text == text }
}
