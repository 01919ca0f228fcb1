internal import CCurl

/// Owns a multi handle of libcurl: all exchanges and connections of one thread.
@safe struct MultiHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer

    /// - Throws: `HTTPFailure.Code.io`
    init() throws(HTTPFailure) {
        guard let pointer = unsafe capsule_multi_init() else { throw EasyHandle.noMemory }
        unsafe self.pointer = unsafe pointer
    }

    /// - Throws: `HTTPFailure.Code.io`
    func setBounds(keptConnections: Int) throws(HTTPFailure) {
        try unsafe Self.check(capsule_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, max(1, keptConnections)))
        try unsafe Self.check(capsule_multi_set_long(pointer, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING)))
    }

    // Every easy handle was removed before: the loop ends its exchanges first. That closes the connections.
    deinit { _ = unsafe capsule_multi_cleanup(pointer) }

    func add(_ easy: borrowing EasyHandle) throws(HTTPFailure) {
        try Self.check(unsafe capsule_multi_add(pointer, easy.pointer))
    }

    /// Removes a handle. The only failures are invalid handles and those that were not added.
    func remove(_ easy: borrowing EasyHandle) { _ = unsafe capsule_multi_remove(pointer, easy.pointer) }

    /// Runs everything that does not block.
    func perform() throws(HTTPFailure) {
        var running: CInt = 0
        try Self.check(unsafe capsule_multi_perform(pointer, &running))
    }

    /// Waits for network events or a wake-up.
    func poll(milliseconds: Int) throws(HTTPFailure) {
        try Self.check(unsafe capsule_multi_poll(pointer, CInt(clamping: milliseconds)))
    }

    /// The next exchange that has ended, and its result.
    func nextEnded() -> (id: UInt, code: CURLcode)? {
        var left: CInt = 0
        while let message = unsafe capsule_multi_next(pointer, &left) {
            guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else {
                continue
            }
            return unsafe (UInt(bitPattern: easy), message.pointee.data.result)
        }
        return nil
    }

    private static func check(_ code: CURLMcode) throws(HTTPFailure) {
        guard code != CURLM_OK else { return }
        throw HTTPFailure(.io, "libcurl failed: \(CurlLibrary.text(code))", by: .client, isTransient: false)
    }
}
