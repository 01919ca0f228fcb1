/// The kind of a word, by its bytes: as characters, `=` with a combining mark would not be `=`.
enum CommandWord {
    /// A value. A lone `-` is a value, too.
    case value
    /// `--`, which ends the options.
    case end
    /// `--name` or `--name=value`.
    case long(name: String, value: String?)
    /// The letters after a single dash.
    case short(Substring)

    init(_ word: String) {
        let bytes = word.utf8
        let dash = UInt8(ascii: "-")
        guard bytes.first == dash, bytes.count > 1 else {
            self = .value
            return
        }
        guard bytes.dropFirst().first == dash else {
            self = .short(word[bytes.index(after: bytes.startIndex)...])
            return
        }
        guard bytes.count > 2 else {
            self = .end
            return
        }
        let start = bytes.index(bytes.startIndex, offsetBy: 2)
        guard let equals = bytes[start...].firstIndex(of: UInt8(ascii: "=")) else {
            self = .long(name: String(word[start...]), value: nil)
            return
        }
        self = .long(name: String(word[start..<equals]), value: String(word[bytes.index(after: equals)...]))
    }
}
