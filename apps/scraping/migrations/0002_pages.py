import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scraping', '0001_sources'),
    ]

    operations = [
        migrations.CreateModel(
            name='FetchTurn',
            fields=[
                ('host', models.CharField(max_length=260, primary_key=True, serialize=False, verbose_name='host')),
                ('holder', models.CharField(max_length=40, verbose_name='holder')),
                ('free_at', models.DateTimeField(verbose_name='free from')),
            ],
            options={
                'verbose_name': 'turn at a host',
                'verbose_name_plural': 'turns at hosts',
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='FetchedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=32, verbose_name='fingerprint')),
                ('etag', models.CharField(blank=True, max_length=300, verbose_name='ETag')),
                ('last_modified', models.CharField(blank=True, max_length=100, verbose_name='last modified')),
                ('external_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), size=None, verbose_name='ids at the source')),
                ('read_on', models.DateField(verbose_name='read on')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pages', to='scraping.source', verbose_name='source')),
            ],
            options={
                'verbose_name': 'page read before',
                'verbose_name_plural': 'pages read before',
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('source', 'digest'), name='page_once_per_source')],
            },
        ),
    ]
