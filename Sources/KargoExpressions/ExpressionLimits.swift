/// How much an expression may ask of its reader.
public struct ExpressionLimits: Hashable, Sendable {
    /// The longest text, in bytes.
    public var bytes: Int
    /// The deepest nesting of parentheses, arguments and operands.
    public var depth: Int
    /// The most pieces on the way from the whole expression to a piece of it: a chain of a hundred members or sums is that
    /// high without any parentheses.
    public var height: Int
    /// The most steps of one evaluation: each node counts each time it is visited.
    public var steps: Int

    /// Sets limits.
    public init(bytes: Int, depth: Int, height: Int, steps: Int) {
        self.bytes = bytes
        self.depth = depth
        self.height = height
        self.steps = steps
    }

    /// 16 KiB is ten times the longest expression in use; 64 levels and 128 pieces fit on the stack of any thread; 100,000
    /// steps take some ten milliseconds.
    public static let standard = ExpressionLimits(bytes: 16 << 10, depth: 64, height: 128, steps: 100_000)
}
