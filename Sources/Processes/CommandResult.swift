/// What a program did. A status other than 0 is an answer, not an error.
public struct CommandResult: Sendable {
    /// The exit status, or 128 and the number of the signal that ended it, as shells count.
    public var status: Int32
    /// What it printed on standard output.
    public var output: [UInt8]
    /// What it printed on standard error, as text. Of more than `Command.errorOutputLimit` bytes the middle is left out, and a
    /// line in its place says how many bytes that were.
    public var errorOutput: String
    /// Whether the middle of `errorOutput` was left out.
    public var errorOutputIsCut: Bool

    /// Whether the status is 0.
    public var succeeded: Bool { status == 0 }
    /// Standard output as text, without the line ends at its end.
    public var text: String {
        var bytes = output[...]
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reports a run.
    public init(status: Int32, output: [UInt8], errorOutput: String, errorOutputIsCut: Bool = false) {
        self.status = status
        self.output = output
        self.errorOutput = errorOutput
        self.errorOutputIsCut = errorOutputIsCut
    }
}
