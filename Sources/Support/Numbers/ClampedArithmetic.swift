/// Arithmetic for numbers that a registry, a Git repository or a file supplies. A result that does not fit the type is
/// the largest or the smallest number of the type: `+` and `-` would end the program.
extension FixedWidthInteger {
    /// The sum of two numbers, limited to the range of the type.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference of two numbers, limited to the range of the type.
    package func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
