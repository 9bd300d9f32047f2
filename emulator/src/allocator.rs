//! What the allocator keeps.

/// Has the allocator give to the system what has been free for a second. mimalloc, which both programs use, looks for it only when
/// a large piece is freed, and an endpoint at rest frees none: it would keep what a busy minute took.
pub(crate) fn give_memory_back() {
    /// Larger than what mimalloc keeps at hand for the next piece of the same size.
    const PIECE: usize = 1 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(PIECE)));
}
