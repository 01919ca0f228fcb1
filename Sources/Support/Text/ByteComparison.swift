extension String {
    /// True when both texts have the same UTF-8 bytes.
    ///
    /// Swift's `==` compares characters: it treats U+212A (the Kelvin sign) as `K`, and reordered accents as equal.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }
}
