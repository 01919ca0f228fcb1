internal import CapsuleReports
internal import Logging
internal import Support
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The output of a run: results on stdout, everything else on stderr.
final class Console: Sendable {
    enum Stream: Int32, Sendable {
        case output = 1
        case error = 2
    }

    /// The format of results.
    let format: OutputFormat
    /// True with `-v`.
    let verbose: Bool
    /// True when stderr is a terminal that can redraw a line.
    let drawsProgress: Bool
    /// True when stdout is a terminal and colours are not disabled.
    let coloursOutput: Bool
    /// The log that replaces text on stderr; nil for text.
    let log: Logger?
    private let state = Mutex(State())

    private struct State {
        var progressLine = ""
        var lost = false
    }

    init(_ options: GlobalOptions, log: Logger? = nil) {
        self.log = log
        format = options.output
        verbose = options.verbose
        let dumb = Self.environment("TERM").map { $0 == "dumb" } ?? true
        drawsProgress = isatty(2) == 1 && !dumb && log == nil
        // https://no-color.org: present and not empty.
        coloursOutput = isatty(1) == 1 && !dumb && (Self.environment("NO_COLOR") ?? "").isEmpty
    }

    /// Prints a result in the format of `--output`.
    func result(
        _ value: @autoclosure () -> some Encodable, text: @autoclosure () -> String,
        markdown: @autoclosure () -> String? = nil
    ) {
        switch format {
        case .json: out(JSONOutput.text(value()))
        case .text: out(text())
        case .markdown: out(markdown() ?? text())
        }
    }

    /// Prints text on stdout, with a line end.
    func out(_ text: String) {
        state.withLock { state in
            Self.clear(&state)
            let whole = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
            if !Self.write(whole, to: .output) { state.lost = true }
        }
    }

    /// Prints a line on stderr.
    func note(_ text: String) {
        if let log { return log.info(text) }
        state.withLock { state in
            Self.clear(&state)
            Self.write(Self.message(text) + "\n", to: .error)
        }
    }

    /// A message on stderr. Control characters are escaped, and every line after the first is indented, so that no
    /// name in a message can look like another message.
    static func message(_ text: String) -> String {
        let lines = text.escapedForDisplay(keepingLines: true).split(separator: "\n", omittingEmptySubsequences: false)
        return "capsule: " + lines.joined(separator: "\n  ")
    }

    /// Prints a line on stderr with `-v`.
    func detail(_ text: @autoclosure () -> String) {
        if verbose { note(text()) }
    }

    /// Reports an error on stderr, and in JSON mode as an object on stdout.
    func report(_ error: any Error) {
        let output = ErrorOutput(error)
        if let log {
            output.write(to: log)
        } else {
            state.withLock { state in
                Self.clear(&state)
                Self.write(output.text + "\n", to: .error)
            }
        }
        if format == .json { out(output.json) }
    }

    /// Shows the progress of long work: one line that is redrawn on a terminal, nothing elsewhere.
    func progress(_ text: String) {
        guard drawsProgress else { return }
        state.withLock { state in
            guard state.progressLine != text else { return }
            state.progressLine = text
            Self.write("\r\u{1b}[2K\(text.escapedForDisplay())", to: .error)
        }
    }

    /// Shows the current step: the progress line on a terminal, with `-v` a plain line elsewhere.
    func stage(_ text: String) {
        if drawsProgress { progress(text) } else { detail(text) }
    }

    /// Ends the run. A result that could not be written, for example to a full disk, is a failure.
    func finish(_ status: ExitStatus) -> ExitStatus {
        let lost = state.withLock { state in
            Self.clear(&state)
            return state.lost
        }
        return lost && status == .ok ? Self.lostOutput(log) : status
    }

    /// Prints a text that does not come from a command, such as help.
    static func printed(_ text: String) -> ExitStatus {
        text.isEmpty || write(text + "\n", to: .output) ? .ok : lostOutput()
    }

    private static func lostOutput(_ log: Logger? = nil) -> ExitStatus {
        let text = "the result could not be written to standard output"
        if let log { log.error(text) } else { write("capsule: \(text)\n", to: .error) }
        return .failure
    }

    /// `text` in a colour, if stdout has colours.
    func coloured(_ text: String, _ colour: Colour) -> String {
        coloursOutput ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// `text` with the marks at the start of its lines in their colours.
    func marked(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let mark = line.first.flatMap(ReportMark.init(rawValue:)) else { return String(line) }
            return coloured("\(mark)", Self.colour(of: mark)) + line.dropFirst()
        }.joined(separator: "\n")
    }

    private static func colour(of mark: ReportMark) -> Colour {
        switch mark {
        case .ok: .green
        case .failed: .red
        case .skipped, .warning: .yellow
        }
    }

    enum Colour: Int {
        case red = 31
        case green = 32
        case yellow = 33
    }

    private static func clear(_ state: inout State) {
        guard !state.progressLine.isEmpty else { return }
        state.progressLine = ""
        write("\r\u{1b}[2K", to: .error)
    }

    /// Writes all of `text`; returns false when the write failed.
    @discardableResult
    static func write(_ text: String, to stream: Stream) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { systemWrite(stream.rawValue, $0) }
            if count < 0 && errno == EINTR { continue }
            // A reader that closed the pipe does not need more output (`capsule list | head`).
            guard count > 0 else { return errno == EPIPE }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
