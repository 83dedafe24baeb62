package org.pinterestpipeline.spark;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.viewfs.ViewFileSystem;

/**
 * Hadoop's view file system, made once for each configuration rather than once for each use.
 *
 * <p>To make one is to look through the whole configuration for links, and Spark asks for one four
 * times for each object of a micro-batch. Spark makes a new configuration for each query, with the
 * session's mounts of that time, so a new mount is seen by the next query.
 */
public class KeptView extends FilterFileSystem {
    /** Weak keys are told apart by identity; weak values, because a view holds its configuration. */
    private static final Cache<Configuration, FileSystem> VIEWS =
            CacheBuilder.newBuilder().weakKeys().weakValues().build();

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        try {
            fs = VIEWS.get(configuration, () -> view(name, configuration));
        } catch (ExecutionException e) {
            throw new IOException("cannot make the view of " + name, e.getCause());
        }
        super.initialize(name, configuration);
    }

    /** Leaves the view open: others use it, too. */
    @Override
    public void close() {}

    @Override
    public String getScheme() {
        return fs.getScheme();
    }

    private static FileSystem view(URI name, Configuration configuration) throws IOException {
        FileSystem view = new ViewFileSystem();
        view.initialize(name, configuration);
        return view;
    }
}
