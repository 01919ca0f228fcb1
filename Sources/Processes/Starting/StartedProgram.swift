internal import CSpawn
internal import Support

/// A started program: its process, which leads a group, and this process's ends of its pipes.
struct StartedProgram: Sendable {
    let process: Int32
    /// Readable once the process has ended; nil where the system has no such descriptors.
    let exit: Descriptor?
    let input: Descriptor?
    let output: Descriptor
    let error: Descriptor
}

extension PreparedCommand {
    /// Starts the program; blocks until it is executed, which takes as long as its file system does.
    ///
    /// - Parameters:
    ///   - number: The number that the process announces itself with, before anything that can hang.
    func start(number: UInt64, announcements: Descriptor) throws(StartFailure) -> StartedProgram {
        let input: Pipe?
        let output: Pipe
        let error: Pipe
        do {
            input = hasInput ? try Pipe(unblocked: .writing) : nil
            output = try Pipe(unblocked: .reading)
            error = try Pipe(unblocked: .reading)
        } catch let failure {
            throw StartFailure(
                process: nil, error: CommandError(.failed, "\(name) could not be run: no pipe for it: \(failure.text)"))
        }
        var process: pid_t = 0
        var step = CAPSULE_STEP_PROCESS
        let arguments = unsafe CStrings(arguments)
        let environment = unsafe CStrings(environment)
        let directory = unsafe CStrings(command.workingDirectory.map { [$0] } ?? [])
        let path = unsafe CStrings([path])
        var program = unsafe capsule_program()
        unsafe program.path = UnsafePointer(path.first)
        unsafe program.arguments = UnsafePointer(arguments.pointers)
        unsafe program.environment = UnsafePointer(environment.pointers)
        unsafe program.directory = UnsafePointer(directory.first)
        unsafe program.input = input?.reading.number ?? -1
        unsafe program.output = output.writing.number
        unsafe program.error = error.writing.number
        unsafe program.address_space = UInt64(command.addressSpaceLimit ?? 0)
        unsafe program.data = UInt64(command.dataLimit ?? 0)
        unsafe program.niceness = Int32(min(max(0, command.niceness), 19))
        unsafe program.announcements = announcements.number
        unsafe program.number = number
        let kept = unsafe (input, output, error, arguments, environment, directory, path)
        // The call receives bare numbers and pointers: their owners must live until it returns.
        let result = unsafe withExtendedLifetime(kept) {
            unsafe capsule_start(&program, &process, &step)
        }
        guard result == 0 else {
            throw StartFailure(
                process: process > 0 ? process : nil, error: failure(SystemError(number: result), at: step))
        }
        let exit = capsule_exit_descriptor(process)
        return StartedProgram(
            process: process, exit: exit >= 0 ? Descriptor(exit) : nil, input: input?.writing, output: output.reading,
            error: error.reading)
    }
}
