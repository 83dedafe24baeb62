/**
 * A Kafka Connect sink that lands records in S3 as JSON lines, each exactly once.
 *
 * <p>The way of a record: {@link org.pinterestpipeline.landing.S3LandingTask} receives it, {@link
 * org.pinterestpipeline.landing.PartitionLanding} adds it to its partition's {@link
 * org.pinterestpipeline.landing.OpenObject} as a {@link org.pinterestpipeline.landing.JsonLine}, or
 * hands it to {@link org.pinterestpipeline.landing.DeadLetters}; a full or old object is put into
 * the {@link org.pinterestpipeline.landing.ObjectStore} with its {@link
 * org.pinterestpipeline.landing.Fence}.
 */
package org.pinterestpipeline.landing;
