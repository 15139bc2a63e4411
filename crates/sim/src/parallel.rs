//! Work on every core. What comes out is in the order of what went in, and depends on nothing but that.

/// Does something with each item, on so many threads at most, and gives the results in the order of the items.
pub(crate) fn each<T: Send, R: Send>(
    items: &mut [T],
    threads: usize,
    work: impl Fn(&mut T) -> R + Sync,
) -> Vec<R> {
    let share = items.len().div_ceil(threads.max(1)).max(1);
    if share >= items.len() {
        return items.iter_mut().map(work).collect();
    }
    std::thread::scope(|scope| {
        let work = &work;
        let part = |part| move || Iterator::map(<[T]>::iter_mut(part), work).collect::<Vec<R>>();
        let handles: Vec<_> = items.chunks_mut(share).map(|p| scope.spawn(part(p))).collect();
        let joined = handles.into_iter().map(|h| h.join().unwrap_or_else(|e| std::panic::resume_unwind(e)));
        joined.flatten().collect()
    })
}
