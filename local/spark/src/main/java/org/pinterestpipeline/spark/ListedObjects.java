package org.pinterestpipeline.spark;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.io.IOException;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.fs.s3a.S3AFileStatus;
import org.apache.hadoop.fs.s3a.S3AFileSystem;
import org.apache.hadoop.util.Progressable;
import org.apache.hadoop.util.functional.FutureIO;

/**
 * S3A that asks for a landed object once, with the GET that reads it.
 *
 * <p>Spark's file source finds objects in the listing of their folder and then asks for each of
 * them: LIST and HEAD when a micro-batch is planned, HEAD and GET when it is read. The listing has
 * told all of that.
 *
 * <p>It holds for landed objects, because these are put with {@code If-None-Match: *} and so never
 * written again. Should one be written again or removed nevertheless, its GET fails: it names the
 * ETag that was listed. What was kept serves one reading, so the next one sees what is there.
 */
public class ListedObjects extends S3AFileSystem {
    private static final int MOST_KEPT = 100_000;

    private final Cache<Path, S3AFileStatus> listed =
            CacheBuilder.newBuilder().maximumSize(MOST_KEPT).build();

    @Override
    public FileStatus[] listStatus(Path path) throws IOException {
        S3AFileStatus known = listed.getIfPresent(qualify(path));
        if (known != null) {
            return new FileStatus[] {copy(known)};
        }
        FileStatus[] found = super.listStatus(path);
        for (FileStatus status : found) {
            if (status instanceof S3AFileStatus object && isLanded(object)) {
                listed.put(object.getPath(), copy(object));
            }
        }
        return found;
    }

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        S3AFileStatus known = listed.asMap().remove(qualify(path));
        if (known == null) {
            return super.open(path, bufferSize);
        }
        return FutureIO.awaitFuture(openFile(path).withFileStatus(known).build());
    }

    @Override
    public FSDataOutputStream create(
            Path path,
            FsPermission permission,
            boolean overwrite,
            int bufferSize,
            short replication,
            long blockSize,
            Progressable progress)
            throws IOException {
        listed.invalidate(qualify(path));
        return super.create(
                path, permission, overwrite, bufferSize, replication, blockSize, progress);
    }

    @Override
    public boolean delete(Path path, boolean recursive) throws IOException {
        listed.invalidateAll();
        return super.delete(path, recursive);
    }

    @Override
    public boolean rename(Path from, Path to) throws IOException {
        listed.invalidateAll();
        return super.rename(from, to);
    }

    /** Whether it is an object where the landing connector puts them. */
    private static boolean isLanded(S3AFileStatus status) {
        return status.isFile() && status.getPath().toUri().getPath().startsWith("/topics/");
    }

    /** A view file system sets the paths of what it is given. */
    private static S3AFileStatus copy(S3AFileStatus status) {
        return new S3AFileStatus(
                status.getLen(),
                status.getModificationTime(),
                status.getPath(),
                status.getBlockSize(),
                status.getOwner(),
                status.getEtag(),
                status.getVersionId());
    }
}
