internal import CSpawn
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The error of a failed start, and the process of the attempt, which must still be reaped.
struct StartFailure: Error {
    let process: Int32?
    let error: CommandError
}

extension PreparedCommand {
    /// The error for a failed step. `ENOENT` has three causes, each with its own remedy.
    func failure(_ failure: SystemError, at step: capsule_step) -> CommandError {
        let why: String
        switch (step, failure.number) {
        case (CAPSULE_STEP_DIRECTORY, ENOENT):
            why = "its working directory \(command.workingDirectory ?? "") does not exist"
        case (CAPSULE_STEP_DIRECTORY, _):
            why = "its working directory \(command.workingDirectory ?? "") cannot be entered: \(failure.text)"
        case (CAPSULE_STEP_LIMITS, _):
            why = "its memory limits cannot be set: \(failure.text)"
        case (CAPSULE_STEP_EXECUTE, ENOENT) where unsafe access(path, F_OK) != 0:
            return .missing(name)
        case (CAPSULE_STEP_EXECUTE, ENOENT):
            why =
                interpreter.map { "its interpreter \($0) does not exist; install it" }
                ?? "the dynamic loader that it was linked for does not exist"
        default:
            why = failure.text
        }
        return CommandError(.failed, "\(name) could not be run: \(why)")
    }

    /// The interpreter in the first line of a script.
    private var interpreter: String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        // The kernel reads no more than this.
        var line = [UInt8](repeating: 0, count: 256)
        guard case .moved(let count) = Descriptor(descriptor).read(into: &line), line.starts(with: [0x23, 0x21]) else {
            return nil
        }
        let rest = line[2..<count].prefix { $0 != 0x0A }
        let words = String(decoding: rest, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\r" }
        return words.first.map(String.init)
    }
}
