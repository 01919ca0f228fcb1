/// The result of a program. A status other than 0 is not an error of the runner.
public struct CommandResult: Sendable {
    /// The exit status, or 128 and the number of the signal that ended it, as shells count.
    public var status: Int32
    /// Its standard output.
    public var output: [UInt8]
    /// Its standard error as text. Beyond `Command.errorOutputLimit` bytes the middle is replaced by a line with the number of
    /// bytes that were left out.
    public var errorOutput: String
    /// True when the middle of `errorOutput` was left out.
    public var errorOutputIsCut: Bool

    /// The number of the signal that ended the program, or that ended another one whose status it passed on; nil for a status
    /// that is not one of the 64 signals: programs that return -1 end with 255.
    package var signal: Int32? { (129...192).contains(status) ? status - 128 : nil }

    /// True when the status is 0.
    public var succeeded: Bool { status == 0 }
    /// Standard output as text, without trailing line ends.
    public var text: String {
        var bytes = output[...]
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A result with these values.
    public init(status: Int32, output: [UInt8], errorOutput: String, errorOutputIsCut: Bool = false) {
        self.status = status
        self.output = output
        self.errorOutput = errorOutput
        self.errorOutputIsCut = errorOutputIsCut
    }
}
