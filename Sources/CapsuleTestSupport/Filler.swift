extension String {
    /// A text of `count` times one ASCII character.
    ///
    /// In a build without optimization, `String(repeating:count:)` takes a second for ten megabytes.
    package init(filledWith character: Character, count: Int) {
        self.init(decoding: [UInt8](repeating: character.asciiValue ?? UInt8(ascii: "?"), count: count), as: UTF8.self)
    }
}
